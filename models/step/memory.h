/* What `models.recall` does, as `models.memory` does it in numpy. */

#pragma once

#include "sums.h"

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
