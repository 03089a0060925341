/* The arithmetic of one note, for several takes side by side; `models.compiled` hands over the arrays.

   Every take is computed by itself, in one order, and nothing is contracted or reordered: a take comes out the same
   beside any others and, to the last bit, by every variant of these files. packaging/kernel.sh compiles them once for
   every variant that a processor may be able to run.

   Numbers are float32 and int64, arrays in C order. Matrices are cut into strips of STRIP outputs, each in one piece, so
   that they are fetched as they come: (outputs / STRIP, inputs, STRIP), filled up with zeros. What a function is given
   is as long as models/compiled.py sees to; what comes from the caller's facts is checked before it chooses a row. */

#include "shapes.h"
#include "sums.h"

#include "choice.h"
#include "memory.h"

#if defined(BASE)
/* The checksum of the sources, by which a library is known that was made of others. */
__attribute__((visibility("default"))) const char *source(void) { return SOURCE; }

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
