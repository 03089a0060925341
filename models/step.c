/* The arithmetic of one note, for several takes side by side; `models.compiled` hands over the arrays.

   Every take is computed by itself, in one order, and nothing is contracted or reordered: a take comes out the same
   beside any others and, to the last bit, by every variant of this file. packaging/kernel.sh compiles it once for every
   variant that a processor may be able to run.

   Numbers are float32 and int64, arrays in C order. Matrices are cut into strips of STRIP outputs, each in one piece, so
   that they are fetched as they come: (outputs / STRIP, inputs, STRIP), filled up with zeros. What a function is given
   is as long as models/compiled.py sees to; what comes from the caller's facts is checked before it chooses a row. */

#include <stdint.h>
#include <string.h>

#if defined(__AVX512VNNI__) || defined(__AVX2__)
#include <immintrin.h>
#define IN_BYTES
#elif defined(__ARM_FEATURE_DOTPROD)
#include <arm_neon.h>
#define IN_BYTES
#endif
#if defined(BASE) && defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

#define JOIN(name, variant) name##_##variant
#define NAMED(name, variant) JOIN(name, variant)
#define EXPORT(name) __attribute__((visibility("default"))) NAMED(name, VARIANT)
#define INLINE static inline __attribute__((always_inline))

enum {
#if defined(__AVX512F__)
    LANES = 16,   /* floats that are computed at once */
    ABREAST = 10, /* takes that share what is fetched of a matrix */
#elif defined(__AVX2__)
    LANES = 8,
    ABREAST = 5,
#else
    LANES = 4,
    ABREAST = 5,
#endif
    STRIP = 64,
    MOST_HIDDEN = 512,  /* units of a recurrent layer or of a head's first one */
    MOST_HEADS = 8,     /* of the memory */
    MOST_READ = 2048,   /* outputs that read what the memory found */
    MOST_CHOICES = 256, /* outputs of a head */
    WIDTH = 32,         /* of a head of the memory */
    WINDOW = 256,       /* notes that are remembered */
    AGES = 18,
    MARKS = 4,          /* of a note in the memory: position, pitch, step, duration */
    LEVELS = 127,
    BAR = 192,          /* steps, at most */
    RADIX = 129,        /* pitches, and none */
    NO_PITCH = 128,
    REACH = 24,         /* semitones that a step goes, at most */
    NO_STEP = 2 * REACH + 1,
    NO_INTERVAL = 127,
    LOOKS = 7,
    BACK = 4,
};

/* The rows of models/facts.py. */
enum {
    LAST_PITCH,
    LAST_POSITION,
    PITCH = 6,
    POSITION,
    DURATION = 9,
    METRE = 11,
    ADVANCE,
    END_ADVANCE,
    END_POSITION,
    LOOKED_PITCH = 19,
    LOOKED_DURATION = LOOKED_PITCH + LOOKS,
    LOOKED_INTERVAL = LOOKED_DURATION + LOOKS,
    LOOKED_EXACT = LOOKED_INTERVAL + LOOKS,
    EXACT = LOOKED_EXACT + LOOKS,
};

enum { SAME, PLACE, STEP, OWN };

enum { ADVANCES, POSITIONS, PITCHES, DURATIONS, VELOCITIES };

static const int64_t AWAY[BACK] = {1, 2, 4, 8}; /* bars that are looked back */

typedef float vector __attribute__((vector_size(LANES * sizeof(float)), aligned(sizeof(float)), may_alias));

/* A row of a layer's table: how it is found, by which facts, counted from where. */
typedef struct {
    int64_t how, one, other, start;
} Feed;

/* The rows (count, width) of which `feeds` choose one each. */
typedef struct {
    const float *rows;
    const Feed *feeds;
    int64_t count, width, terms;
} Table;

/* Whole numbers, in strips of (inputs / 4, STRIP, 4) or, where bytes are not multiplied, of (inputs, STRIP); and by
   output what makes floats of its sums. */
typedef struct {
    const int8_t *codes;
    const float *whole;
    const int32_t *total; /* the sum of an output's codes */
    const float *step, *bias;
    int64_t inputs, outputs;
} Matrix;

typedef struct {
    Table table;
    const Matrix *matrices;
    int64_t hidden, layers;
} Recurrent;

typedef struct {
    Table table;
    const float *second, *bias, *away; /* strips of (width, STRIP); (outputs); (width) */
    const float *keys, *places;        /* of positions only: metres times strips of (place, STRIP); (metres, BAR) */
    int64_t outputs, choices, kind;    /* outputs filled up */
    int64_t row, first;                /* where its choice goes in the facts, and where its waits begin */
    int64_t column, votes, steps;      /* where in the sums its share begins, and votes for choices and steps, or -1 */
    int64_t looks, metres, place;
    float guidance;
} Head;

typedef struct {
    const float *after;                 /* strips of (heads * WIDTH, STRIP): what is found, to gates and sums */
    const float *age, *nothing, *about; /* (heads, AGES), (heads), (marks of all kinds, heads * WIDTH) */
    int64_t heads, outputs, filled, slots;
    int64_t start[MARKS + 1]; /* where the marks of a kind begin in `about`, and in the slots */
} Recaller;

typedef struct {
    const float *heard_keys, *heard_values;  /* (heads, old, WIDTH) */
    const int64_t *heard_bars, *heard_marks; /* (old), (old, MARKS) */
    float *keys, *values;                    /* (takes, heads, room, WIDTH) */
    int64_t *bars, *marks;                   /* (takes, room), (takes, room, MARKS) */
    float *asked;                            /* (takes, heads * WIDTH): the keys of the states that recalled last */
    int64_t old, room, written, begun; /* whether a state has recalled yet */
} Memory;

#if defined(BASE)
/* To be raised with whatever changes between this file and models/kernel.py. */
__attribute__((visibility("default"))) int layout(void) { return 1; }

/* Which variants this processor runs: bit 0 the plain one, 1 AVX2, 2 AVX-512 with VNNI, 3 ARM's dot products. */
__attribute__((visibility("default"))) int variants(void)
{
    int found = 1;
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2"))
        found |= 2;
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512vnni"))
        found |= 4;
#elif defined(__aarch64__) && defined(__linux__)
    if (getauxval(AT_HWCAP) & 1 << 20)
        found |= 8;
#elif defined(__aarch64__) && defined(__APPLE__)
    found |= 8;
#endif
    return found;
}
#endif

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
        int64_t number = feed->start;
        switch (feed->how) {
        case SAME: number += one; break;
        case PLACE: number += one * BAR + other; break;
        case STEP: number += step_to(one, other); break;
        default: number += one == NO_INTERVAL ? NO_STEP : step_of(one);
        }
        if (outside(number, table->count))
            return 0;
        const float *row = table->rows + number * width;
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

INLINE float inner(const float *one, const float *other)
{
    float sums[WIDTH / 2];
    for (int i = 0; i < WIDTH / 2; i++)
        sums[i] = one[i] * other[i] + one[WIDTH / 2 + i] * other[WIDTH / 2 + i];
    for (int step = WIDTH / 4; step; step /= 2)
        for (int i = 0; i < step; i++)
            sums[i] += sums[step + i];
    return sums[0];
}

/* What a query finds in a stretch of notes, and then what is read of their values. */
INLINE void find(const float *query, const float *keys, const int64_t *bars, int64_t count, int64_t bar,
                 const float *age, float *score)
{
    for (int64_t note = 0; note < count; note++) {
        const int64_t bars_old = bar - bars[note];
        score[note] = age[bars_old < 0 ? 0 : least(bars_old, AGES - 1)] + inner(query, keys + note * WIDTH);
    }
}

INLINE void add_values(const float *share, const float *values, int64_t count, float *read)
{
    vector sums[WIDTH / LANES];
    for (int part = 0; part < WIDTH / LANES; part++)
        sums[part] = *(const vector *)(read + part * LANES);
    for (int64_t note = 0; note < count; note++)
        for (int part = 0; part < WIDTH / LANES; part++)
            sums[part] += share[note] * *(const vector *)(values + note * WIDTH + part * LANES);
    for (int part = 0; part < WIDTH / LANES; part++)
        *(vector *)(read + part * LANES) = sums[part];
}

/* Keep the notes just written; whether there are such marks. */
static int keep(const Recaller *recaller, Memory *memory, int64_t takes, const int64_t *facts, const int64_t *bar,
                const float *state, int64_t stride)
{
    const int64_t wide = recaller->heads * WIDTH, at = memory->written, room = memory->room;
    if (!memory->begun)
        return 1; /* the marker of a part's start is no note */
    for (int64_t take = 0; take < takes; take++) {
        const int64_t pitch = facts[PITCH * takes + take];
        const int64_t marks[MARKS] = {facts[POSITION * takes + take], pitch,
                                      step_to(pitch, facts[LAST_PITCH * takes + take]), facts[DURATION * takes + take]};
        float value[MOST_HEADS * WIDTH];
        memcpy(value, state + take * stride + 2 * wide, wide * sizeof *value);
        for (int kind = 0; kind < MARKS; kind++) {
            const int64_t slot = recaller->start[kind] + marks[kind];
            if (marks[kind] < 0 || slot >= recaller->start[kind + 1])
                return 0;
            for (int64_t i = 0; i < wide; i++)
                value[i] += recaller->about[slot * wide + i];
            memory->marks[(take * room + at) * MARKS + kind] = slot;
        }
        memory->bars[take * room + at] = bar[take];
        for (int64_t head = 0; head < recaller->heads; head++) {
            const int64_t there = ((take * recaller->heads + head) * room + at) * WIDTH;
            memcpy(memory->keys + there, memory->asked + take * wide + head * WIDTH, WIDTH * sizeof(float));
            memcpy(memory->values + there, value + head * WIDTH, WIDTH * sizeof(float));
        }
    }
    memory->written = at + 1;
    return 1;
}

/* out (takes, sums and slots): the sums with what each take finds in `bar` (takes), and behind them what that votes for;
   `state` (takes, stride) as the layers read it: query, key, value, gates, sums. */
static void recall(const Recaller *recaller, Memory *memory, int64_t takes, const int64_t *bar, const float *state,
                   int64_t stride, float *out)
{
    const int64_t heads = recaller->heads, wide = heads * WIDTH, room = memory->room, gates = MARKS * heads;
    const int64_t all = memory->old + memory->written, gone = all > WINDOW ? all - WINDOW : 0;
    const int64_t from = least(gone, memory->old), heard = memory->old - from;
    const int64_t skipped = gone - from, mine = memory->written - skipped, count = heard + mine;
    const int64_t widths = recaller->outputs - gates;
    memory->begun = 1;
    for (int64_t first = 0; first < takes; first += ABREAST) {
        static _Thread_local float shares[ABREAST][MOST_HEADS][WINDOW], both[ABREAST][MOST_READ];
        float read[ABREAST][MOST_HEADS * WIDTH] = {{0}};
        const int64_t abreast = least(takes - first, ABREAST);
        for (int64_t number = 0; number < abreast; number++) {
            const int64_t take = first + number;
            const float *query = state + take * stride;
            memcpy(memory->asked + take * wide, query + wide, wide * sizeof(float));
            for (int64_t head = 0; head < heads; head++) {
                float *share = shares[number][head], *found = read[number] + head * WIDTH;
                const float *age = recaller->age + head * AGES, *own_query = query + head * WIDTH;
                const int64_t old_at = (head * memory->old + from) * WIDTH;
                const int64_t own_at = ((take * heads + head) * room + skipped) * WIDTH;
                find(own_query, memory->heard_keys + old_at, memory->heard_bars + from, heard, bar[take], age, share);
                find(own_query, memory->keys + own_at, memory->bars + take * room + skipped, mine, bar[take], age,
                     share + heard);
                float most = recaller->nothing[head], total = 0;
                for (int64_t note = 0; note < count; note++)
                    most = share[note] > most ? share[note] : most;
                for (int64_t note = 0; note < count; note++)
                    share[note] = power(share[note] - most);
                for (int64_t note = 0; note < count; note++)
                    total += share[note];
                total += power(recaller->nothing[head] - most);
                for (int64_t note = 0; note < count; note++)
                    share[note] /= total;
                add_values(share, memory->heard_values + old_at, heard, found);
                add_values(share + heard, memory->values + own_at, mine, found);
            }
            memcpy(both[number], query + 3 * wide, recaller->outputs * sizeof(float));
            memset(both[number] + recaller->outputs, 0, (recaller->filled - recaller->outputs) * sizeof(float));
        }
        add_product(abreast, read[0], MOST_HEADS * WIDTH, wide, recaller->after, recaller->filled, both[0], MOST_READ);
        for (int64_t number = 0; number < abreast; number++) {
            const int64_t take = first + number;
            float *sums = out + take * (widths + recaller->slots), *votes = sums + widths;
            const int64_t *old_marks = memory->heard_marks + from * MARKS;
            const int64_t *own_marks = memory->marks + (take * room + skipped) * MARKS;
            memcpy(sums, both[number] + gates, widths * sizeof *sums);
            memset(votes, 0, recaller->slots * sizeof *votes);
            for (int kind = 0; kind < MARKS; kind++) {
                float weight[WINDOW] = {0};
                for (int64_t head = 0; head < heads; head++) {
                    const float gate = both[number][kind * heads + head];
                    for (int64_t note = 0; note < count; note++)
                        weight[note] += gate * shares[number][head][note];
                }
                for (int64_t note = 0; note < heard; note++)
                    votes[old_marks[note * MARKS + kind]] += weight[note];
                for (int64_t note = 0; note < mine; note++)
                    votes[own_marks[note * MARKS + kind]] += weight[heard + note];
            }
        }
    }
}

/* What reads the hidden states (layers, takes, hidden), into `read`, by layer (takes, its outputs); and, with a memory,
   what is recalled there. */
void EXPORT(begin)(const Recurrent *net, const Recaller *recaller, Memory *memory, int64_t takes, const int64_t *bar,
                   const float *hidden, float *const *read, float *out)
{
    for (int64_t layer = 0; layer < net->layers; layer++)
        whole_product(takes, net->matrices + layer, hidden + layer * takes * net->hidden, net->hidden, read[layer]);
    const Matrix *top = net->matrices + net->layers - 1;
    if (recaller)
        recall(recaller, memory, takes, bar, read[net->layers - 1] + 4 * net->hidden, top->outputs, out);
}

/* Take in the notes of `facts` (FACTS, takes), in `bar` (takes): cell and hidden (layers, takes, hidden) and `read` move
   on; with a memory, they are kept and what is recalled then goes to `out`. Whether there are such notes. */
int EXPORT(hear)(const Recurrent *net, const Recaller *recaller, Memory *memory, int64_t takes, const int64_t *facts,
                 const int64_t *bar, float *cell, float *hidden, float *const *read, float *out)
{
    const int64_t size = net->hidden, wide = 4 * size;
    for (int64_t layer = 0; layer < net->layers; layer++) {
        const Matrix *matrix = net->matrices + layer;
        for (int64_t take = 0; take < takes; take++) {
            float gates[4 * MOST_HIDDEN];
            if (layer > 0)
                memcpy(gates, read[layer - 1] + take * matrix[-1].outputs + wide, wide * sizeof *gates);
            else if (!sum_rows(&net->table, facts + take, takes, gates))
                return 0;
            const float *own = read[layer] + take * matrix->outputs;
            for (int64_t i = 0; i < wide; i++)
                gates[i] = squash(gates[i] + own[i]);
            float *kept = cell + (layer * takes + take) * size, *state = hidden + (layer * takes + take) * size;
            for (int64_t i = 0; i < size; i++) {
                const float input = (gates[i] + 1) * 0.5f, forget = (gates[size + i] + 1) * 0.5f;
                const float value = forget * kept[i] + input * gates[3 * size + i];
                kept[i] = value;
                state[i] = (gates[2 * size + i] + 1) * 0.5f * squash(value);
            }
        }
        whole_product(takes, matrix, hidden + layer * takes * size, size, read[layer]);
    }
    if (recaller) {
        const float *state = read[net->layers - 1] + wide;
        const int64_t stride = net->matrices[net->layers - 1].outputs;
        if (!keep(recaller, memory, takes, facts, bar, state, stride))
            return 0;
        recall(recaller, memory, takes, bar, state, stride, out);
    }
    return 1;
}

/* out (takes, outputs) from the first layer's sums (takes, MOST_HIDDEN). */
static void second_layer(const Head *head, int64_t takes, float (*half)[MOST_HIDDEN], float *out)
{
    float active[ABREAST][MOST_HIDDEN];
    for (int64_t take = 0; take < takes; take++) {
        for (int64_t i = 0; i < head->table.width; i++)
            active[take][i] = half[take][i] * (squash(half[take][i]) + 1);
        memcpy(out + take * head->outputs, head->bias, head->outputs * sizeof *out);
    }
    add_product(takes, active[0], MOST_HIDDEN, head->table.width, head->second, head->outputs, out, head->outputs);
}

/* The logits (BAR) of a position, from the head's outputs, the onsets (looks + 1, BAR) and the memory's votes. */
static int place(const Head *head, int64_t takes, const int64_t *facts, const float *votes, const float *onsets,
                 const float *out, float *logits)
{
    const int64_t metre = facts[METRE * takes], size = head->place, end = facts[END_POSITION * takes];
    const int64_t last = facts[LAST_POSITION * takes];
    if (outside(metre, head->metres) || outside(end, BAR) || outside(last, BAR))
        return 0;
    memset(logits, 0, BAR * sizeof *logits);
    add_product(1, out, size, size, head->keys + metre * size * BAR, BAR, logits, BAR);
    for (int64_t look = 0; look <= head->looks; look++) {
        const float vote = out[size + (look < head->looks ? look : LOOKS)];
        for (int64_t i = 0; i < BAR; i++)
            logits[i] += vote * onsets[look * BAR + i];
    }
    for (int64_t i = 0; i < BAR; i++)
        logits[i] += head->places[metre * BAR + i];
    if (head->votes >= 0)
        for (int64_t i = 0; i < BAR; i++)
            logits[i] += votes[head->votes + i];
    if (facts[ADVANCE * takes] == facts[END_ADVANCE * takes])
        logits[end] += out[size + LOOKS + 1];
    if (facts[ADVANCE * takes] == 0 && facts[LAST_PITCH * takes] != NO_PITCH)
        logits[last] += out[size + LOOKS + 2];
    return 1;
}

/* The logits of a pitch, in the head's outputs: pitches and none, steps and none, an empty one, what the looks vote. */
static int choose_pitch(const Head *head, int64_t takes, const int64_t *facts, const float *votes, float *out)
{
    const int64_t last = facts[LAST_PITCH * takes];
    float *steps = out + RADIX;
    const float *looks = steps + NO_STEP + 1;
    if (outside(last, RADIX))
        return 0;
    if (head->votes >= 0) {
        for (int64_t i = 0; i < RADIX; i++)
            out[i] += votes[head->votes + i];
        for (int64_t i = 0; i < NO_STEP; i++)
            steps[i] += votes[head->steps + i];
    }
    for (int64_t i = 0; i < RADIX; i++) {
        const int64_t step = i - last + REACH;
        const int none = i == NO_PITCH || last == NO_PITCH || outside(step, 2 * REACH + 1);
        out[i] += steps[none ? NO_STEP : step];
    }
    for (int64_t look = 0; look < head->looks; look++) {
        const int64_t pitch = facts[(LOOKED_PITCH + look) * takes];
        if (outside(pitch, RADIX))
            return 0;
        out[pitch] += looks[look];
    }
    for (int64_t look = 0; look < head->looks; look++) {
        const int64_t interval = facts[(LOOKED_INTERVAL + look) * takes], moved = last + interval;
        const int none = interval == NO_INTERVAL || last == NO_PITCH || outside(moved, NO_PITCH);
        out[none ? NO_PITCH : moved] += looks[LOOKS + look];
    }
    return 1;
}

/* The same of a duration: durations, what the looks vote. */
static int choose_duration(const Head *head, int64_t takes, const int64_t *facts, const float *votes, float *out)
{
    for (int64_t look = 0; look < head->looks; look++) {
        const int64_t duration = facts[(LOOKED_DURATION + look) * takes];
        if (outside(duration, BAR + 1))
            return 0;
        if (facts[(LOOKED_EXACT + look) * takes])
            out[duration] += out[BAR + 1 + look];
    }
    if (head->votes >= 0)
        for (int64_t i = 0; i <= BAR; i++)
            out[i] += votes[head->votes + i];
    out[0] = -__builtin_inff();
    return 1;
}

/* A head's logits (takes, outputs; of positions (takes, BAR)) from the facts (FACTS, takes) and `sums` (takes, stride).
   Whether the facts are such as there are. */
int EXPORT(score)(const Head *head, int64_t takes, const int64_t *facts, const float *sums, int64_t stride,
                  const float *onsets, float *out)
{
    for (int64_t first = 0; first < takes; first += ABREAST) {
        float half[ABREAST][MOST_HIDDEN], made[ABREAST * MOST_CHOICES], other[ABREAST * MOST_CHOICES];
        const int64_t abreast = least(takes - first, ABREAST);
        for (int64_t take = 0; take < abreast; take++) {
            if (!sum_rows(&head->table, facts + first + take, takes, half[take]))
                return 0;
            const float *own = sums + (first + take) * stride + head->column;
            for (int64_t i = 0; i < head->table.width; i++)
                half[take][i] += own[i];
        }
        float *there = head->kind == POSITIONS ? made : out + first * head->outputs;
        second_layer(head, abreast, half, there);
        if (head->guidance != 0) {
            for (int64_t take = 0; take < abreast; take++)
                for (int64_t i = 0; i < head->table.width; i++)
                    half[take][i] += head->away[i];
            second_layer(head, abreast, half, other);
            for (int64_t i = 0; i < abreast * head->outputs; i++)
                there[i] += head->guidance * (there[i] - other[i]);
        }
        for (int64_t take = 0; take < abreast; take++) {
            const int64_t *own = facts + first + take, end = own[END_ADVANCE * takes];
            const float *votes = sums + (first + take) * stride;
            float *here = there + take * head->outputs;
            int right = 1;
            switch (head->kind) {
            case ADVANCES:
                right = !outside(end, head->choices);
                if (right)
                    here[end] += here[head->choices];
                break;
            case POSITIONS:
                right = place(head, takes, own, votes, onsets + (first + take) * (head->looks + 1) * BAR, here,
                              out + (first + take) * BAR);
                break;
            case PITCHES: right = choose_pitch(head, takes, own, votes, here); break;
            case DURATIONS: right = choose_duration(head, takes, own, votes, here); break;
            default: break;
            }
            if (!right)
                return 0;
        }
    }
    return 1;
}

/* Sets in `facts` (FACTS, takes) what stood some bars before the places (takes), as `models.trail` has it: `keys` and
   `durations` (takes, room), of which so many are notes. */
void EXPORT(look)(const int64_t *keys, const int64_t *durations, int64_t room, int64_t count, int64_t takes,
                  const int64_t *places, const int64_t *floors, int64_t *facts)
{
    for (int64_t take = 0; take < takes; take++) {
        int64_t bits = 0;
        for (int64_t look = 0; look < BACK; look++) {
            const int64_t *own = keys + take * room, wanted = places[take] - AWAY[look] * BAR;
            const int64_t seek = wanted * RADIX + floors[take] + 1;
            int64_t at = 0;
            for (int64_t note = 0; note < count; note++)
                at += own[note] < seek;
            int64_t exact = at < count && own[at] / RADIX == wanted;
            at += exact - 1;
            const int found = at >= 0 && wanted >= 0 && own[at] / RADIX > wanted - BAR;
            int64_t *fact = facts + look * takes + take;
            fact[LOOKED_PITCH * takes] = found ? own[at] % RADIX : NO_PITCH;
            fact[LOOKED_DURATION * takes] = found ? durations[take * room + at] : 0;
            fact[LOOKED_INTERVAL * takes] = found && at > 0 ? own[at] % RADIX - own[at - 1] % RADIX : NO_INTERVAL;
            fact[LOOKED_EXACT * takes] = exact && found;
            bits |= (exact && found) << look;
        }
        facts[EXACT * takes + take] = bits;
    }
}

/* The nucleus one choice after the other, for the few draws that fall outside it: as `models.sampling.sample`. */
static int64_t within_nucleus(const float *odds, const float *wait, int64_t choices, float until)
{
    uint8_t taken[MOST_CHOICES] = {0};
    int64_t best = -1;
    float sum = 0;
    while (best < 0 || sum < until) {
        int64_t next = -1;
        for (int64_t i = 0; i < choices; i++)
            if (!taken[i] && (next < 0 || odds[i] > odds[next]))
                next = i;
        if (next < 0 || odds[next] <= 0)
            break;
        taken[next] = 1;
        sum += odds[next];
        if (best < 0 || odds[next] / wait[next] > odds[best] / wait[best])
            best = next;
    }
    return best;
}

/* One index a take, or -1 where there is no choice, into `chosen`, and its share times into `odds`: `logits` (takes,
   stride) of which so many are choices, and none below `low` or above `high` (takes) or in `closed` (takes,
   closed_stride), if there are such; `wait` (takes, wait_stride). Else as `models.sampling.sample`. */
static void draw(const float *logits, int64_t stride, int64_t choices, int64_t takes, const float *wait,
                 int64_t wait_stride, float sharpness, float top_p, const int64_t *low, const int64_t *high,
                 const uint8_t *closed, int64_t closed_stride, int64_t *chosen, float *odds)
{
    const float never = -__builtin_inff();
    for (int64_t take = 0; take < takes; take++) {
        const float *waits = wait + take * wait_stride, *own = logits + take * stride;
        const int64_t first = low && low[take] > 0 ? least(low[take], choices) : 0;
        const int64_t last = high ? least(high[take] + 1, choices) : choices;
        float each[MOST_CHOICES] = {0}, most = never, total = 0, shortest = -1;
        for (int64_t i = first; i < last; i++)
            each[i] = closed && closed[take * closed_stride + i] ? never : own[i] * sharpness;
        for (int64_t i = first; i < last; i++)
            most = each[i] > most ? each[i] : most;
        chosen[take] = -1;
        if (most == never)
            continue;
        for (int64_t i = first; i < last; i++)
            each[i] = power(each[i] - most);
        int64_t best = first;
        for (int64_t i = first; i < last; i++) {
            const float ratio = each[i] / waits[i];
            total += each[i];
            if (ratio > shortest) {
                shortest = ratio;
                best = i;
            }
        }
        if (each[best] / total <= 1 - top_p) { /* else it lies in the nucleus */
            float likelier = 0;
            for (int64_t i = first; i < last; i++)
                likelier += each[i] > each[best] ? each[i] : 0;
            if (likelier >= top_p * total)
                best = first + within_nucleus(each + first, waits + first, last - first, top_p * total);
        }
        chosen[take] = best;
        odds[take] *= each[best] / total;
    }
}

/* Scores, and draws into the head's own row of the facts; see both. */
int EXPORT(pick)(const Head *head, int64_t takes, int64_t *facts, const float *sums, int64_t stride,
                 const float *onsets, float *out, const float *wait, int64_t wait_stride, float sharpness, float top_p,
                 const int64_t *low, const int64_t *high, const uint8_t *closed, int64_t closed_stride, float *odds)
{
    if (!NAMED(score, VARIANT)(head, takes, facts, sums, stride, onsets, out))
        return 0;
    draw(out, head->kind == POSITIONS ? BAR : head->outputs, head->choices, takes, wait + head->first, wait_stride,
         sharpness, top_p, low, high, closed, closed_stride, facts + head->row * takes, odds);
    return 1;
}
