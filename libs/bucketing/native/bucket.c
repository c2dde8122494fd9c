/* Buckets of a unit: SHA-256 of prefix and unit, as a big-endian integer, modulo 10,000.
 *
 * The same in Python is bucketing.hashing and bucketing.splits; all are held to tests/vectors. Texts that UTF-8 can't
 * hold are encoded by the handler registered there.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "sha256.h"

/* To be raised with bucketing.native.INTERFACE when what callers see changes: an older build is not used then. */
#define INTERFACE 1
#define BUCKET_COUNT 10000u
#define SHORT_BLOCKS 8

typedef struct {
    const char *text;
    size_t size;
    PyObject *owner;
} Text;

/* The UTF-8 of a str; it lives as long as the str and `owner`, which the caller drops. */
static int read_text(PyObject *unit, Text *text) {
    Py_ssize_t size;
    text->owner = NULL;
    text->text = PyUnicode_AsUTF8AndSize(unit, &size);
    if (text->text == NULL) {
        if (!PyErr_ExceptionMatches(PyExc_UnicodeEncodeError)) return -1;
        PyErr_Clear();
        text->owner = PyUnicode_AsEncodedString(unit, "utf-8", "bucketing.replace_surrogates");
        if (text->owner == NULL) return -1;
        text->text = PyBytes_AS_STRING(text->owner);
        size = PyBytes_GET_SIZE(text->owner);
    }
    text->size = (size_t)size;
    return 0;
}

/* The digest modulo 10,000: each word counts as often as its power of two is worth, so one division is enough. */
static unsigned int rest_of(const uint32_t state[8]) {
    /* 2^(32 * (7 - i)) modulo 10,000 */
    static const uint64_t WORTH[8] = {9216, 2896, 2976, 1456, 336, 1616, 7296, 1};
    uint64_t sum = 0;
    for (int i = 0; i < 8; i++) sum += WORTH[i] * state[i];
    return (unsigned int)(sum % BUCKET_COUNT);
}

/* The buckets of one unit under one or two prefixes. */
static int find_buckets(PyObject *const *prefixes, int count, const Text *unit, unsigned int *buckets) {
    unsigned char short_blocks[2][SHORT_BLOCKS * BLOCK];
    unsigned char *long_blocks[2] = {NULL, NULL};
    Message messages[2];
    int failed = 0;
    for (int i = 0; i < count; i++) {
        size_t prefix_size = (size_t)PyBytes_GET_SIZE(prefixes[i]), size = prefix_size + unit->size;
        unsigned char *blocks = short_blocks[i];
        messages[i].count = block_count(size);
        if (messages[i].count > SHORT_BLOCKS) {
            blocks = long_blocks[i] = PyMem_Malloc(messages[i].count * BLOCK);
            if (blocks == NULL) {
                failed = 1;
                break;
            }
        }
        memcpy(blocks, PyBytes_AS_STRING(prefixes[i]), prefix_size);
        memcpy(blocks + prefix_size, unit->text, unit->size);
        pad(blocks, size, messages[i].count);
        messages[i].blocks = blocks;
    }
    if (!failed) {
        hash(messages, count);
        for (int i = 0; i < count; i++) buckets[i] = rest_of(messages[i].state);
    }
    for (int i = 0; i < 2; i++) PyMem_Free(long_blocks[i]);
    if (failed) PyErr_NoMemory();
    return failed ? -1 : 0;
}

static PyObject *bucket(PyObject *module, PyObject *const *arguments, Py_ssize_t count) {
    (void)module;
    if (count != 2 || !PyBytes_Check(arguments[0]) || !PyUnicode_Check(arguments[1])) {
        PyErr_SetString(PyExc_TypeError, "bucket(prefix: bytes, unit: str)");
        return NULL;
    }
    Text unit;
    unsigned int found;
    if (read_text(arguments[1], &unit) < 0) return NULL;
    int failed = find_buckets(arguments, 1, &unit, &found);
    Py_XDECREF(unit.owner);
    return failed ? NULL : PyLong_FromUnsignedLong(found);
}

/* A split: what the buckets below each bound get. It never changes, and holds nothing that could hold it. */
typedef struct {
    PyObject_VAR_HEAD
    PyObject *prefix;
    PyObject *outcomes;
    uint16_t bounds[];
} Split;

static PyTypeObject SplitType;

static PyObject *split_new(PyTypeObject *type, PyObject *arguments, PyObject *named) {
    PyObject *prefix, *bounds, *outcomes;
    if (named != NULL && PyDict_GET_SIZE(named) > 0) {
        PyErr_SetString(PyExc_TypeError, "a split takes no named arguments");
        return NULL;
    }
    if (!PyArg_ParseTuple(arguments, "O!O!O!:Split", &PyBytes_Type, &prefix, &PyTuple_Type, &bounds, &PyTuple_Type,
                          &outcomes)) {
        return NULL;
    }
    Py_ssize_t count = PyTuple_GET_SIZE(bounds);
    if (PyTuple_GET_SIZE(outcomes) != count + 1) {
        PyErr_SetString(PyExc_ValueError, "a split has one outcome more than bounds");
        return NULL;
    }
    Split *split = (Split *)type->tp_alloc(type, count);
    if (split == NULL) return NULL;
    split->prefix = Py_NewRef(prefix);
    split->outcomes = Py_NewRef(outcomes);
    for (Py_ssize_t i = 0; i < count; i++) {
        long bound = PyLong_AsLong(PyTuple_GET_ITEM(bounds, i));
        if (bound < 0 || bound > (long)BUCKET_COUNT || (i > 0 && bound < split->bounds[i - 1])) {
            if (!PyErr_Occurred()) PyErr_SetString(PyExc_ValueError, "bounds rise from 0 to 10,000");
            Py_DECREF(split);
            return NULL;
        }
        split->bounds[i] = (uint16_t)bound;
    }
    return (PyObject *)split;
}

static void split_free(PyObject *self) {
    Py_XDECREF(((Split *)self)->prefix);
    Py_XDECREF(((Split *)self)->outcomes);
    Py_TYPE(self)->tp_free(self);
}

static PyTypeObject SplitType = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "bucketing.native._bucket.Split",
    .tp_doc = "Split(prefix, bounds, outcomes): buckets below the first bound get the first outcome, and so on.",
    .tp_basicsize = sizeof(Split),
    .tp_itemsize = sizeof(uint16_t),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = split_new,
    .tp_dealloc = split_free,
};

static PyObject *outcome_of(const Split *split, unsigned int bucket) {
    Py_ssize_t low = 0, high = Py_SIZE(split);
    while (low < high) {
        Py_ssize_t middle = (low + high) / 2;
        if (bucket < split->bounds[middle]) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return Py_NewRef(PyTuple_GET_ITEM(split->outcomes, low));
}

/* Reindices the splits at one or two indices of a list by what the unit gets. */
static int replace_splits(PyObject *list, const Py_ssize_t *indices, int count, const Text *unit) {
    PyObject *prefixes[2];
    unsigned int buckets[2];
    for (int i = 0; i < count; i++) prefixes[i] = ((Split *)PyList_GET_ITEM(list, indices[i]))->prefix;
    if (find_buckets(prefixes, count, unit, buckets) < 0) return -1;
    for (int i = 0; i < count; i++) {
        PyObject *split = PyList_GET_ITEM(list, indices[i]);
        PyList_SET_ITEM(list, indices[i], outcome_of((Split *)split, buckets[i]));
        Py_DECREF(split);
    }
    return 0;
}

/* Replaces all splits of a list, two at a time. */
static int choose(PyObject *list, PyObject *unit_text) {
    Text unit = {.text = NULL, .owner = NULL};
    Py_ssize_t indices[2];
    int waiting = 0, failed = 0;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(list) && !failed; i++) {
        if (!Py_IS_TYPE(PyList_GET_ITEM(list, i), &SplitType)) continue;
        if (unit.text == NULL) {
            if (!PyUnicode_Check(unit_text)) {
                PyErr_SetString(PyExc_TypeError, "a split needs a unit");
                return -1;
            }
            if (read_text(unit_text, &unit) < 0) return -1;
        }
        indices[waiting++] = i;
        if (waiting == 2) {
            failed = replace_splits(list, indices, 2, &unit) < 0;
            waiting = 0;
        }
    }
    if (waiting && !failed) failed = replace_splits(list, indices, waiting, &unit) < 0;
    Py_XDECREF(unit.owner);
    return failed ? -1 : 0;
}

/* Replaces all objects of a list by what a mapping has for them. */
static int look_up(PyObject *list, PyObject *answers) {
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(list); i++) {
        PyObject *key = PyList_GET_ITEM(list, i), *answer = NULL;
        if (PyDict_Check(answers)) {
            answer = PyDict_GetItemWithError(answers, key);
            if (answer == NULL && PyErr_Occurred()) return -1;
            Py_XINCREF(answer);
        }
        if (answer == NULL) answer = PyObject_GetItem(answers, key);
        if (answer == NULL) return -1;
        PyList_SET_ITEM(list, i, answer);
        Py_DECREF(key);
    }
    return 0;
}

static PyObject *chosen(PyObject *module, PyObject *const *arguments, Py_ssize_t count) {
    (void)module;
    if (count < 2 || count > 3 || !PyTuple_Check(arguments[0])) {
        PyErr_SetString(PyExc_TypeError, "chosen(results: tuple, unit: str, answers: mapping or None)");
        return NULL;
    }
    PyObject *list = PySequence_List(arguments[0]);
    if (list == NULL) return NULL;
    if (choose(list, arguments[1]) < 0 || (count == 3 && arguments[2] != Py_None && look_up(list, arguments[2]) < 0)) {
        Py_CLEAR(list);
    }
    return list;
}

static PyMethodDef METHODS[] = {
    {"bucket", (PyCFunction)(void (*)(void))bucket, METH_FASTCALL, "The bucket (0 to 9999) of a unit under a prefix."},
    {"chosen", (PyCFunction)(void (*)(void))chosen, METH_FASTCALL,
     "A list of the results, in which each split is replaced by what the unit gets; of their answers, if there are any."},
    {NULL, NULL, 0, NULL}};

static struct PyModuleDef MODULE = {PyModuleDef_HEAD_INIT, "_bucket", NULL, -1, METHODS, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__bucket(void) {
    use_sha_instructions();
    if (PyType_Ready(&SplitType) < 0) return NULL;
    PyObject *module = PyModule_Create(&MODULE);
    if (module != NULL && (PyModule_AddObjectRef(module, "Split", (PyObject *)&SplitType) < 0 ||
                           PyModule_AddIntConstant(module, "INTERFACE", INTERFACE) < 0)) {
        Py_CLEAR(module);
    }
    return module;
}
