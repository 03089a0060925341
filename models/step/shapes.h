/* What crosses over from models/compiled.py: constants, the rows of the facts, and the shapes of what is handed. */

#pragma once

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

/* A row of a layer's table: how it is found, by which facts, in which stretch of the table. */
typedef struct {
    int64_t how, one, other, start, count;
} Feed;

/* The rows (any, width) of which `feeds` choose one each. */
typedef struct {
    const float *rows;
    const Feed *feeds;
    int64_t width, terms;
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
