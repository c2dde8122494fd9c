/* The bucket of a unit: SHA-256 (FIPS 180-4) of prefix and unit, as a big-endian integer, modulo 10,000.
 *
 * bucket(prefix: bytes, unit: str) -> int. The same function in Python is bucketing.hashing.python_bucket; both
 * are held to tests/vectors. Texts that UTF-8 can't hold are encoded by the handler registered there.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <string.h>

#define BUCKET_COUNT 10000u
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

static void compress_portable(uint32_t state[8], const unsigned char *block) {
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

#if defined(__x86_64__) && defined(__GNUC__) && !defined(PORTABLE_ONLY)
#include <cpuid.h>
#include <immintrin.h>

/* The same with the processor's SHA instructions: four rounds a step, two words of state a register. */
__attribute__((target("sha,sse4.1"))) static void compress_native(uint32_t state[8], const unsigned char *block) {
    const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    __m128i cdab = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)state), 0xB1);
    __m128i efgh = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(state + 4)), 0x1B);
    __m128i abef = _mm_alignr_epi8(cdab, efgh, 8), cdgh = _mm_blend_epi16(efgh, cdab, 0xF0);
    const __m128i abef_before = abef, cdgh_before = cdgh;
    __m128i w[4];
    for (int i = 0; i < 4; i++) {
        w[i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(block + 16 * i)), big_endian);
    }
#pragma GCC unroll 16
    for (int i = 0; i < 16; i++) {
        __m128i now = w[i % 4];
        __m128i step = _mm_add_epi32(now, _mm_loadu_si128((const __m128i *)(ROUND + 4 * i)));
        cdgh = _mm_sha256rnds2_epu32(cdgh, abef, step);
        abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(step, 0x0E));
        __m128i next = w[(i + 1) % 4], last = w[(i + 3) % 4];
        __m128i sum = _mm_add_epi32(_mm_sha256msg1_epu32(now, next), _mm_alignr_epi8(last, w[(i + 2) % 4], 4));
        w[i % 4] = _mm_sha256msg2_epu32(sum, last);
    }
    abef = _mm_shuffle_epi32(_mm_add_epi32(abef, abef_before), 0x1B);
    cdgh = _mm_shuffle_epi32(_mm_add_epi32(cdgh, cdgh_before), 0xB1);
    _mm_storeu_si128((__m128i *)state, _mm_blend_epi16(abef, cdgh, 0xF0));
    _mm_storeu_si128((__m128i *)(state + 4), _mm_alignr_epi8(cdgh, abef, 8));
}

static int has_sha_instructions(void) {
    unsigned int a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_SSE4_1)) return 0;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & (1u << 29)) != 0;
}
#else
#define compress_native compress_portable
static int has_sha_instructions(void) { return 0; }
#endif

static void (*compress)(uint32_t state[8], const unsigned char *block) = compress_portable;

typedef struct {
    uint32_t state[8];
    unsigned char block[BLOCK];
    size_t filled;
    uint64_t length;
} Hash;

static void update(Hash *hash, const unsigned char *data, size_t size) {
    hash->length += size;
    while (size > 0) {
        size_t taken = BLOCK - hash->filled < size ? BLOCK - hash->filled : size;
        memcpy(hash->block + hash->filled, data, taken);
        hash->filled += taken, data += taken, size -= taken;
        if (hash->filled == BLOCK) {
            compress(hash->state, hash->block);
            hash->filled = 0;
        }
    }
}

static unsigned long finish(Hash *hash) {
    uint64_t bits = hash->length * 8;
    hash->block[hash->filled++] = 0x80;
    if (hash->filled > BLOCK - 8) {
        memset(hash->block + hash->filled, 0, BLOCK - hash->filled);
        compress(hash->state, hash->block);
        hash->filled = 0;
    }
    memset(hash->block + hash->filled, 0, BLOCK - 8 - hash->filled);
    for (int i = 0; i < 8; i++) hash->block[BLOCK - 1 - i] = (unsigned char)(bits >> (8 * i));
    compress(hash->state, hash->block);
    uint64_t rest = 0;
    for (int i = 0; i < 8; i++) rest = (rest << 32 | hash->state[i]) % BUCKET_COUNT;
    return (unsigned long)rest;
}

static PyObject *bucket(PyObject *module, PyObject *const *arguments, Py_ssize_t count) {
    (void)module;
    if (count != 2 || !PyBytes_Check(arguments[0]) || !PyUnicode_Check(arguments[1])) {
        PyErr_SetString(PyExc_TypeError, "bucket(prefix: bytes, unit: str)");
        return NULL;
    }
    Hash hash = {.filled = 0, .length = 0};
    memcpy(hash.state, INITIAL, sizeof INITIAL);
    update(&hash, (const unsigned char *)PyBytes_AS_STRING(arguments[0]), (size_t)PyBytes_GET_SIZE(arguments[0]));
    Py_ssize_t size;
    const char *text = PyUnicode_AsUTF8AndSize(arguments[1], &size);
    if (text != NULL) {
        update(&hash, (const unsigned char *)text, (size_t)size);
    } else {
        if (!PyErr_ExceptionMatches(PyExc_UnicodeEncodeError)) return NULL;
        PyErr_Clear();
        PyObject *encoded = PyUnicode_AsEncodedString(arguments[1], "utf-8", "bucketing.replace_surrogates");
        if (encoded == NULL) return NULL;
        update(&hash, (const unsigned char *)PyBytes_AS_STRING(encoded), (size_t)PyBytes_GET_SIZE(encoded));
        Py_DECREF(encoded);
    }
    return PyLong_FromUnsignedLong(finish(&hash));
}

static PyMethodDef METHODS[] = {
    {"bucket", (PyCFunction)(void (*)(void))bucket, METH_FASTCALL, "The bucket (0 to 9999) of a unit under a prefix."},
    {NULL, NULL, 0, NULL}};

static struct PyModuleDef MODULE = {PyModuleDef_HEAD_INIT, "_bucket", NULL, -1, METHODS, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__bucket(void) {
    if (has_sha_instructions()) compress = compress_native;
    return PyModule_Create(&MODULE);
}
