/* What `models.stepper` adds to a head's outputs, and the draw. */

#pragma once

#include "sums.h"

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
