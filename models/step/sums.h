/* Functions of one number, sums of rows, and products with a matrix. */

#pragma once

#include "shapes.h"

INLINE int64_t least(int64_t one, int64_t other) { return one < other ? one : other; }

INLINE int outside(int64_t number, int64_t count) { return number < 0 || number >= count; }

/* e to the power of x after Moshier's Cephes, within an ulp or two; 0 below what a float can be. */
INLINE float power(float x)
{
    float within = x < -87.0f ? -87.0f : x > 88.0f ? 88.0f : x;
    float count = (within * 1.44269504f + 12582912.0f) - 12582912.0f; /* rounded */
    float rest = (within - count * 0.693359375f) - count * -2.12194440e-4f;
    float sum = 1.9875691500e-4f;
    sum = sum * rest + 1.3981999507e-3f;
    sum = sum * rest + 8.3334519073e-3f;
    sum = sum * rest + 4.1665795894e-2f;
    sum = sum * rest + 1.6666665459e-1f;
    sum = sum * rest + 5.0000001201e-1f;
    sum = sum * (rest * rest) + rest + 1.0f;
    uint32_t bits = (uint32_t)((int32_t)count + 127) << 23;
    float scale;
    memcpy(&scale, &bits, sizeof scale);
    return x < -87.0f ? 0.0f : sum * scale;
}

INLINE float squash(float x)
{
    float size = x < 0 ? -x : x, shrunk = power(-2.0f * size), found = (1.0f - shrunk) / (1.0f + shrunk);
    return x < 0 ? -found : found;
}

/* The number of a step of so many semitones, and of that to one pitch from another. */
INLINE int64_t step_of(int64_t semitones) { return semitones < -REACH ? 0 : least(semitones, REACH) + REACH; }

INLINE int64_t step_to(int64_t pitch, int64_t from)
{
    return pitch == NO_PITCH || from == NO_PITCH ? NO_STEP : step_of(pitch - from);
}

/* out (width) = the sum of the rows that one take's `facts` (FACTS, takes) choose; whether there are such rows. */
INLINE int sum_rows(const Table *table, const int64_t *facts, int64_t takes, float *restrict out)
{
    const int64_t width = table->width;
    for (int64_t term = 0; term < table->terms; term++) {
        const Feed *feed = table->feeds + term;
        const int64_t one = facts[feed->one * takes], other = facts[feed->other * takes];
        int64_t number;
        switch (feed->how) {
        case SAME: number = one; break;
        case PLACE:
            if (outside(one, feed->count) || outside(other, BAR))
                return 0;
            number = one * BAR + other;
            break;
        case STEP: number = step_to(one, other); break;
        default: number = one == NO_INTERVAL ? NO_STEP : step_of(one);
        }
        if (outside(number, feed->count))
            return 0;
        const float *row = table->rows + (feed->start + number) * width;
        if (term == 0)
            memcpy(out, row, width * sizeof *out);
        else
            for (int64_t i = 0; i < width; i++)
                out[i] += row[i];
    }
    return 1;
}

/* out (takes, outputs) += in (takes, inputs) times a matrix in strips, for a number of takes that the compiler knows. */
INLINE void add_product_of(const int takes, const float *in, int64_t in_stride, int64_t inputs, const float *matrix,
                           int64_t outputs, float *out, int64_t out_stride)
{
    for (int64_t column = 0; column < outputs; column += 2 * LANES) {
        const float *weights = matrix + column / STRIP * STRIP * inputs + column % STRIP;
        vector sums[ABREAST][2];
        for (int take = 0; take < takes; take++) {
            sums[take][0] = *(const vector *)(out + take * out_stride + column);
            sums[take][1] = *(const vector *)(out + take * out_stride + column + LANES);
        }
        for (int64_t row = 0; row < inputs; row++, weights += STRIP) {
            const vector first = *(const vector *)weights, second = *(const vector *)(weights + LANES);
            for (int take = 0; take < takes; take++) {
                sums[take][0] += in[take * in_stride + row] * first;
                sums[take][1] += in[take * in_stride + row] * second;
            }
        }
        for (int take = 0; take < takes; take++) {
            *(vector *)(out + take * out_stride + column) = sums[take][0];
            *(vector *)(out + take * out_stride + column + LANES) = sums[take][1];
        }
    }
}

#if defined(__AVX512VNNI__)

/* Bytes without a sign times bytes with one: the levels are lifted by 128, and that is taken off again. */
INLINE void whole_product_of(const int takes, const Matrix *matrix, const int8_t (*levels)[MOST_HIDDEN], float *out)
{
    const int vectors = takes > 5 ? 2 : 4; /* so that the sums stay in registers */
    const __m512i lift = _mm512_set1_epi8((char)128);
    for (int64_t column = 0; column < matrix->outputs; column += vectors * 16) {
        const int8_t *codes = matrix->codes + column / STRIP * STRIP * matrix->inputs + column % STRIP * 4;
        __m512i sums[ABREAST][4];
        for (int part = 0; part < vectors; part++) {
            const __m512i total = _mm512_loadu_si512(matrix->total + column + part * 16);
            for (int take = 0; take < takes; take++)
                sums[take][part] = _mm512_sub_epi32(_mm512_setzero_si512(), _mm512_slli_epi32(total, 7));
        }
        for (int64_t quad = 0; quad < matrix->inputs / 4; quad++, codes += STRIP * 4)
            for (int take = 0; take < takes; take++) {
                int32_t four;
                memcpy(&four, levels[take] + quad * 4, sizeof four);
                const __m512i lifted = _mm512_xor_si512(_mm512_set1_epi32(four), lift);
                for (int part = 0; part < vectors; part++)
                    sums[take][part] =
                        _mm512_dpbusd_epi32(sums[take][part], lifted, _mm512_loadu_si512(codes + part * 64));
            }
        for (int take = 0; take < takes; take++)
            for (int part = 0; part < vectors; part++) {
                const int64_t at = column + part * 16;
                __m512 sum = _mm512_mul_ps(_mm512_cvtepi32_ps(sums[take][part]), _mm512_loadu_ps(matrix->step + at));
                sum = _mm512_add_ps(sum, _mm512_loadu_ps(matrix->bias + at));
                _mm512_storeu_ps(out + take * matrix->outputs + at, sum);
            }
    }
}

#elif defined(__AVX2__)

/* The levels' signs go to the codes; two products of at most 127 * 127 fit sixteen bits. */
INLINE void whole_product_of(const int takes, const Matrix *matrix, const int8_t (*levels)[MOST_HIDDEN], float *out)
{
    const __m256i ones = _mm256_set1_epi16(1);
    for (int64_t column = 0; column < matrix->outputs; column += 16) {
        const int8_t *codes = matrix->codes + column / STRIP * STRIP * matrix->inputs + column % STRIP * 4;
        __m256i sums[ABREAST][2];
        for (int take = 0; take < takes; take++)
            sums[take][0] = sums[take][1] = _mm256_setzero_si256();
        for (int64_t quad = 0; quad < matrix->inputs / 4; quad++, codes += STRIP * 4)
            for (int take = 0; take < takes; take++) {
                int32_t four;
                memcpy(&four, levels[take] + quad * 4, sizeof four);
                const __m256i level = _mm256_set1_epi32(four), size = _mm256_abs_epi8(level);
                for (int part = 0; part < 2; part++) {
                    const __m256i code = _mm256_loadu_si256((const __m256i *)(codes + part * 32));
                    const __m256i pairs = _mm256_maddubs_epi16(size, _mm256_sign_epi8(code, level));
                    sums[take][part] = _mm256_add_epi32(sums[take][part], _mm256_madd_epi16(pairs, ones));
                }
            }
        for (int take = 0; take < takes; take++)
            for (int part = 0; part < 2; part++) {
                const int64_t at = column + part * 8;
                __m256 sum = _mm256_mul_ps(_mm256_cvtepi32_ps(sums[take][part]), _mm256_loadu_ps(matrix->step + at));
                sum = _mm256_add_ps(sum, _mm256_loadu_ps(matrix->bias + at));
                _mm256_storeu_ps(out + take * matrix->outputs + at, sum);
            }
    }
}

#elif defined(__ARM_FEATURE_DOTPROD)

INLINE void whole_product_of(const int takes, const Matrix *matrix, const int8_t (*levels)[MOST_HIDDEN], float *out)
{
    for (int64_t column = 0; column < matrix->outputs; column += 16) {
        const int8_t *codes = matrix->codes + column / STRIP * STRIP * matrix->inputs + column % STRIP * 4;
        int32x4_t sums[ABREAST][4];
        for (int take = 0; take < takes; take++)
            for (int part = 0; part < 4; part++)
                sums[take][part] = vdupq_n_s32(0);
        for (int64_t quad = 0; quad < matrix->inputs / 4; quad++, codes += STRIP * 4)
            for (int take = 0; take < takes; take++) {
                int32_t four;
                memcpy(&four, levels[take] + quad * 4, sizeof four);
                const int8x16_t level = vreinterpretq_s8_s32(vdupq_n_s32(four));
                for (int part = 0; part < 4; part++)
                    sums[take][part] = vdotq_s32(sums[take][part], vld1q_s8(codes + part * 16), level);
            }
        for (int take = 0; take < takes; take++)
            for (int part = 0; part < 4; part++) {
                const int64_t at = column + part * 4;
                const float32x4_t sum = vmulq_f32(vcvtq_f32_s32(sums[take][part]), vld1q_f32(matrix->step + at));
                vst1q_f32(out + take * matrix->outputs + at, vaddq_f32(sum, vld1q_f32(matrix->bias + at)));
            }
    }
}

#endif

#if defined(__AVX512F__)
#define FOR_EACH_NUMBER(call) call(1) call(2) call(3) call(4) call(5) call(6) call(7) call(8) call(9) call(10)
#else
#define FOR_EACH_NUMBER(call) call(1) call(2) call(3) call(4) call(5)
#endif

static void add_product(int64_t takes, const float *in, int64_t in_stride, int64_t inputs, const float *matrix,
                        int64_t outputs, float *out, int64_t out_stride)
{
#define CASE(number)                                                                                                   \
    case number: add_product_of(number, in, in_stride, inputs, matrix, outputs, out, out_stride); break;
    switch (takes) { FOR_EACH_NUMBER(CASE) }
#undef CASE
}

/* A level, from a state in [-1, 1]. */
INLINE float level_of(float state) { return (state * LEVELS + 12582912.0f) - 12582912.0f; }

/* out (takes, outputs) = states (takes, hidden), rounded to LEVELS, times the matrix, and its bias. */
static void whole_product(int64_t takes, const Matrix *matrix, const float *states, int64_t hidden, float *out)
{
    const int64_t outputs = matrix->outputs;
    for (int64_t first = 0; first < takes; first += ABREAST) {
        const int64_t abreast = least(takes - first, ABREAST);
        float *made = out + first * outputs;
        states += first ? ABREAST * hidden : 0;
#if defined(IN_BYTES)
        int8_t levels[ABREAST][MOST_HIDDEN] = {{0}};
        for (int64_t take = 0; take < abreast; take++)
            for (int64_t i = 0; i < hidden; i++)
                levels[take][i] = (int8_t)(int32_t)level_of(states[take * hidden + i]);
        const int8_t(*rounded)[MOST_HIDDEN] = (const int8_t(*)[MOST_HIDDEN])levels;
#define CASE(number)                                                                                                   \
    case number: whole_product_of(number, matrix, rounded, made); break;
        switch (abreast) { FOR_EACH_NUMBER(CASE) }
#undef CASE
#else
        /* Sums of whole numbers below 2^24 are as exact in floats. */
        float levels[ABREAST][MOST_HIDDEN];
        for (int64_t take = 0; take < abreast; take++)
            for (int64_t i = 0; i < hidden; i++)
                levels[take][i] = level_of(states[take * hidden + i]);
        memset(made, 0, abreast * outputs * sizeof *made);
        add_product(abreast, levels[0], MOST_HIDDEN, hidden, matrix->whole, outputs, made, outputs);
        for (int64_t take = 0; take < abreast; take++)
            for (int64_t i = 0; i < outputs; i++)
                made[take * outputs + i] = made[take * outputs + i] * matrix->step[i] + matrix->bias[i];
#endif
    }
}
