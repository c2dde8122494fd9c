/* SHA-256 (FIPS 180-4) of padded messages: one at a time, or two side by side.
 *
 * A round waits for the one before it, so that a processor with SHA instructions is idle half of the time; a second
 * message fills the gaps. Elsewhere two messages take as long as one after the other.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define BLOCK 64

static const uint32_t ROUND[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static const uint32_t INITIAL[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                    0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

static inline uint32_t rotate(uint32_t word, int bits) { return (word >> bits) | (word << (32 - bits)); }

static void compress_portable(uint32_t *state, const unsigned char *block) {
    uint32_t w[64];
    for (int i = 0; i < 16; i++) {
        w[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 |
               (uint32_t)block[4 * i + 2] << 8 | (uint32_t)block[4 * i + 3];
    }
    for (int i = 16; i < 64; i++) {
        uint32_t low = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ (w[i - 15] >> 3);
        uint32_t high = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ (w[i - 2] >> 10);
        w[i] = w[i - 16] + low + w[i - 7] + high;
    }
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
    for (int i = 0; i < 64; i++) {
        uint32_t first = h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & f) ^ (~e & g)) + ROUND[i] + w[i];
        uint32_t second = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
        h = g, g = f, f = e, e = d + first, d = c, c = b, b = a, a = first + second;
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d;
    state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

static void compress_two_portable(uint32_t *const state[2], const unsigned char *const block[2]) {
    compress_portable(state[0], block[0]);
    compress_portable(state[1], block[1]);
}

#if defined(__x86_64__) && defined(__GNUC__) && !defined(PORTABLE_ONLY)
#include <cpuid.h>
#include <immintrin.h>

#define SHA_INSTRUCTIONS __attribute__((target("sha,sse4.1")))

/* Four rounds a step, two words of state a register; `lanes` is a constant wherever this is inlined. */
SHA_INSTRUCTIONS __attribute__((always_inline)) static inline void compress_lanes(
    uint32_t *const *state, const unsigned char *const *block, const int lanes) {
    const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    __m128i abef[2], cdgh[2], abef_before[2], cdgh_before[2], w[2][4];
    for (int lane = 0; lane < lanes; lane++) {
        __m128i cdab = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)state[lane]), 0xB1);
        __m128i efgh = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(state[lane] + 4)), 0x1B);
        abef_before[lane] = abef[lane] = _mm_alignr_epi8(cdab, efgh, 8);
        cdgh_before[lane] = cdgh[lane] = _mm_blend_epi16(efgh, cdab, 0xF0);
        for (int i = 0; i < 4; i++) {
            w[lane][i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(block[lane] + 16 * i)), big_endian);
        }
    }
#pragma GCC unroll 16
    for (int i = 0; i < 16; i++) {
        const __m128i round = _mm_loadu_si128((const __m128i *)(ROUND + 4 * i));
#pragma GCC unroll 2
        for (int lane = 0; lane < lanes; lane++) {
            __m128i step = _mm_add_epi32(w[lane][i % 4], round);
            cdgh[lane] = _mm_sha256rnds2_epu32(cdgh[lane], abef[lane], step);
            abef[lane] = _mm_sha256rnds2_epu32(abef[lane], cdgh[lane], _mm_shuffle_epi32(step, 0x0E));
            if (i < 12) {
                __m128i now = w[lane][i % 4], last = w[lane][(i + 3) % 4];
                __m128i sum = _mm_add_epi32(_mm_sha256msg1_epu32(now, w[lane][(i + 1) % 4]),
                                            _mm_alignr_epi8(last, w[lane][(i + 2) % 4], 4));
                w[lane][i % 4] = _mm_sha256msg2_epu32(sum, last);
            }
        }
    }
    for (int lane = 0; lane < lanes; lane++) {
        __m128i feba = _mm_shuffle_epi32(_mm_add_epi32(abef[lane], abef_before[lane]), 0x1B);
        __m128i dchg = _mm_shuffle_epi32(_mm_add_epi32(cdgh[lane], cdgh_before[lane]), 0xB1);
        _mm_storeu_si128((__m128i *)state[lane], _mm_blend_epi16(feba, dchg, 0xF0));
        _mm_storeu_si128((__m128i *)(state[lane] + 4), _mm_alignr_epi8(dchg, feba, 8));
    }
}

SHA_INSTRUCTIONS static void compress_native(uint32_t *state, const unsigned char *block) {
    compress_lanes(&state, &block, 1);
}

SHA_INSTRUCTIONS static void compress_two_native(uint32_t *const state[2], const unsigned char *const block[2]) {
    compress_lanes(state, block, 2);
}

static int has_sha_instructions(void) {
    unsigned int a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_SSE4_1)) return 0;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & (1u << 29)) != 0;
}
#else
#define compress_native compress_portable
#define compress_two_native compress_two_portable
static int has_sha_instructions(void) { return 0; }
#endif

static void (*compress)(uint32_t *state, const unsigned char *block) = compress_portable;
static void (*compress_two)(uint32_t *const state[2], const unsigned char *const block[2]) = compress_two_portable;

static void use_sha_instructions(void) {
    if (has_sha_instructions()) {
        compress = compress_native;
        compress_two = compress_two_native;
    }
}

typedef struct {
    const unsigned char *blocks;
    size_t count;
    uint32_t state[8];
} Message;

/* Hashes one or two messages of any lengths; the digests are left in their states. */
static void hash(Message *messages, int count) {
    for (int i = 0; i < count; i++) memcpy(messages[i].state, INITIAL, sizeof INITIAL);
    size_t done = 0;
    if (count == 2) {
        uint32_t *const state[2] = {messages[0].state, messages[1].state};
        for (; done < messages[0].count && done < messages[1].count; done++) {
            const unsigned char *const block[2] = {messages[0].blocks + done * BLOCK, messages[1].blocks + done * BLOCK};
            compress_two(state, block);
        }
    }
    for (int i = 0; i < count; i++) {
        for (size_t at = done; at < messages[i].count; at++) {
            compress(messages[i].state, messages[i].blocks + at * BLOCK);
        }
    }
}

/* How many blocks `size` bytes fill with their padding: a one bit, and the length in eight bytes. */
static size_t block_count(size_t size) { return (size + 1 + 8 + BLOCK - 1) / BLOCK; }

/* Pads the `size` bytes that stand at the beginning of `count` blocks. */
static void pad(unsigned char *blocks, size_t size, size_t count) {
    uint64_t bits = (uint64_t)size * 8;
    unsigned char *end = blocks + count * BLOCK;
    blocks[size] = 0x80;
    memset(blocks + size + 1, 0, count * BLOCK - 8 - size - 1);
    for (int i = 1; i <= 8; i++, bits >>= 8) end[-i] = (unsigned char)bits;
}
