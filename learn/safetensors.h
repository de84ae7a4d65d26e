/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files of float arrays in the safetensors format: eight bytes with the length of the header, the
 * header in JSON {"__metadata__": {"key": "text"}, "NAME": {"dtype": "F32", "shape": [..],
 * "data_offsets": [from, to]}}, then the numbers, little-endian, without gaps. */
#ifndef FK_LEARN_SAFETENSORS_H
#define FK_LEARN_SAFETENSORS_H

#include <jansson.h>

#include "core/base.h"
#include "core/error.h"

enum { FK_TENSOR_NAME = 32 };

typedef struct {
    char name[FK_TENSOR_NAME];
    size_t n_axes, shape[2]; /* C order */
    float *x;                /* borrowed from whoever made it */
} fk_tensor;

size_t fk_tensor_size(const fk_tensor *);

/* The format knows text alone: a new object, with numbers as text. */
json_t *fk_tensors_texts(const json_t *metadata);

/* metadata: an object of strings, and of numbers, which are written as text; borrowed. Atomic
 * (core/file.h). */
int fk_tensors_write(const char *path, const fk_tensor *, size_t n, const json_t *metadata,
                     fk_error *err) FK_CHECKED;

/* A file read whole. */
typedef struct {
    size_t n;
    fk_tensor *tensor; /* (n), in the order of the header */
    json_t *metadata;  /* an object of strings, perhaps empty */
    void *bytes;       /* what the tensors point into */
} fk_tensors;

/* FK_USAGE, with the file and what is wrong, for what is no such file or has other numbers than
 * finite F32 of one or two axes. */
int fk_tensors_read(const char *path, fk_tensors *, fk_error *err) FK_CHECKED;
void fk_tensors_free(fk_tensors *);

/* By name and shape; FK_USAGE where it is missing or has another shape. columns 0: one axis. */
int fk_tensors_find(const fk_tensors *, const char *path, const char *name, size_t rows,
                    size_t columns, const float **x, fk_error *err) FK_CHECKED;

#endif
