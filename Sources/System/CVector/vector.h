#pragma once
// Operations on eight numbers at a time that a processor has and Swift's vectors do not reach: they become a loop over the
// numbers, or a call. Every processor gives the same to the bit.
#ifdef __SSE2__
#include <immintrin.h>
#endif

typedef float parley_float32x8 __attribute__((ext_vector_type(8)));
typedef int parley_int32x8 __attribute__((ext_vector_type(8)));
typedef short parley_int16x8 __attribute__((ext_vector_type(8)));
typedef short parley_int16x16 __attribute__((ext_vector_type(16)));

#define PARLEY_INLINE static inline __attribute__((always_inline))

/// The larger of a and b; a where they are not ordered.
PARLEY_INLINE parley_float32x8 parley_larger(parley_float32x8 a, parley_float32x8 b) { return a < b ? b : a; }

/// The smaller of a and b; a where they are not ordered.
PARLEY_INLINE parley_float32x8 parley_smaller(parley_float32x8 a, parley_float32x8 b) { return b < a ? b : a; }

/// The square roots of eight numbers.
PARLEY_INLINE parley_float32x8 parley_root(parley_float32x8 a) { return __builtin_elementwise_sqrt(a); }

// What two rows become on the way to columns: pairs of their numbers, pairs of pairs, and halves.
// The compiler is kept from seeing through them: it would take apart into single numbers what is done to the columns.
#ifdef __AVX__
#define PARLEY_SETTLED(x) __asm__("" : "+x"(x))
#else
#define PARLEY_SETTLED(x) (void)0
#endif
#define PARLEY_SHUFFLE(name, ...)                                                                  \
    PARLEY_INLINE parley_float32x8 name(parley_float32x8 a, parley_float32x8 b) {                  \
        PARLEY_SETTLED(a);                                                                         \
        PARLEY_SETTLED(b);                                                                         \
        parley_float32x8 result = __builtin_shufflevector(a, b, __VA_ARGS__);                      \
        PARLEY_SETTLED(result);                                                                    \
        return result;                                                                             \
    }
PARLEY_SHUFFLE(parley_low_pairs, 0, 8, 1, 9, 4, 12, 5, 13)
PARLEY_SHUFFLE(parley_high_pairs, 2, 10, 3, 11, 6, 14, 7, 15)
PARLEY_SHUFFLE(parley_even_pairs, 0, 1, 8, 9, 4, 5, 12, 13)
PARLEY_SHUFFLE(parley_odd_pairs, 2, 3, 10, 11, 6, 7, 14, 15)
PARLEY_SHUFFLE(parley_low_halves, 0, 1, 2, 3, 8, 9, 10, 11)
PARLEY_SHUFFLE(parley_high_halves, 4, 5, 6, 7, 12, 13, 14, 15)
#undef PARLEY_SHUFFLE

/// The sum of eight numbers, half by half: those of each step do not wait for each other.
PARLEY_INLINE float parley_total(parley_float32x8 a) {
    typedef float parley_float32x4 __attribute__((ext_vector_type(4)));
    typedef float parley_float32x2 __attribute__((ext_vector_type(2)));
    parley_float32x4 four = a.lo + a.hi;
    parley_float32x2 two = four.lo + four.hi;
    return two.x + two.y;
}

/// The first number of b, and the last seven of a backwards.
PARLEY_INLINE parley_float32x8 parley_mirrored(parley_float32x8 a, parley_float32x8 b) {
    return __builtin_shufflevector(a, b, 8, 7, 6, 5, 4, 3, 2, 1);
}

/// a and so many times b. Two steps, each rounded, on every processor. The compiler does not know what the sum is made of: it
/// would go on with halves.
PARLEY_INLINE parley_float32x8 parley_with(parley_float32x8 a, parley_float32x8 b, float times) {
    parley_float32x8 product = b * times;
    parley_float32x8 sum = a + product;
    PARLEY_SETTLED(sum);
    return sum;
}

/// Eight numbers from the last to the first.
PARLEY_INLINE parley_float32x8 parley_backwards(parley_float32x8 a) {
    return __builtin_shufflevector(a, a, 7, 6, 5, 4, 3, 2, 1, 0);
}

/// The upper four of eight numbers, and zeros. The compiler does not know which they are: it would go on with halves.
PARLEY_INLINE parley_float32x8 parley_upper_half(parley_float32x8 a) {
    parley_float32x8 mask = {0, 0, 0, 0, 1, 1, 1, 1};
    PARLEY_SETTLED(mask);
    return a * mask;
}

/// Whole numbers as floating-point ones.
PARLEY_INLINE parley_float32x8 parley_floating(parley_int32x8 a) { return __builtin_convertvector(a, parley_float32x8); }

/// Numbers of sixteen bits as floating-point ones.
PARLEY_INLINE parley_float32x8 parley_floating_16(parley_int16x8 a) {
    return __builtin_convertvector(a, parley_float32x8);
}

/// The low halves of numbers.
PARLEY_INLINE parley_int16x8 parley_narrowed(parley_int32x8 a) { return __builtin_convertvector(a, parley_int16x8); }

/// The bits of a, moved by 23 to where the exponent of a floating-point number is.
PARLEY_INLINE parley_int32x8 parley_to_exponent(parley_int32x8 a) { return a << 23; }

/// The exponent of a floating-point number whose bits a is, with its sign.
PARLEY_INLINE parley_int32x8 parley_from_exponent(parley_int32x8 a) { return a >> 23; }

/// The products of sixteen pairs of numbers, those beside each other added: number i of the result is
/// a[2i]·b[2i] + a[2i+1]·b[2i+1].
PARLEY_INLINE parley_int32x8 parley_products_of_pairs(parley_int16x16 a, parley_int16x16 b) {
#if defined(__AVX2__)
    return (parley_int32x8)_mm256_madd_epi16((__m256i)a, (__m256i)b);
#elif defined(__SSE2__)
    typedef int parley_int32x4 __attribute__((ext_vector_type(4)));
    parley_int32x8 result;
    result.lo = (parley_int32x4)_mm_madd_epi16((__m128i)a.lo, (__m128i)b.lo);
    result.hi = (parley_int32x4)_mm_madd_epi16((__m128i)a.hi, (__m128i)b.hi);
    return result;
#else
    return __builtin_convertvector(a.even, parley_int32x8) * __builtin_convertvector(b.even, parley_int32x8)
        + __builtin_convertvector(a.odd, parley_int32x8) * __builtin_convertvector(b.odd, parley_int32x8);
#endif
}

#undef PARLEY_SETTLED
