/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "learn/safetensors.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/file.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "numbers are written as they lie");

size_t fk_tensor_size(const fk_tensor *t)
{
    return t->shape[0] * (t->n_axes > 1 ? t->shape[1] : 1);
}

json_t *fk_tensors_texts(const json_t *metadata)
{
    json_t *texts = json_object(), *value;
    const char *key;
    json_object_foreach((json_t *)metadata, key, value)
    {
        char text[32];
        if (json_is_real(value))
            snprintf(text, sizeof text, "%.17g", json_real_value(value));
        else if (json_is_integer(value))
            snprintf(text, sizeof text, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        json_object_set_new(texts, key,
                            json_is_number(value) ? json_string(text) : json_deep_copy(value));
    }
    return texts;
}

static char *header_of(const fk_tensor *tensor, size_t n, const json_t *metadata)
{
    json_t *header = json_object();
    json_object_set_new(header, "__metadata__", fk_tensors_texts(metadata));
    size_t at = 0;
    for (size_t i = 0; i < n; i++) {
        const size_t end = at + fk_tensor_size(&tensor[i]) * sizeof(float);
        json_t *shape = json_array();
        for (size_t a = 0; a < tensor[i].n_axes; a++)
            json_array_append_new(shape, json_integer((json_int_t)tensor[i].shape[a]));
        json_object_set_new(header, tensor[i].name,
                            json_pack("{s:s, s:o, s:[I, I]}", "dtype", "F32", "shape", shape,
                                      "data_offsets", (json_int_t)at, (json_int_t)end));
        at = end;
    }
    char *text = json_dumps(header, JSON_COMPACT | JSON_PRESERVE_ORDER);
    json_decref(header);
    return text;
}

int fk_tensors_write(const char *path, const fk_tensor *tensor, size_t n, const json_t *metadata,
                     fk_error *err)
{
    fk_file *file;
    int code = fk_file_rewrite(path, &file, err);
    if (code) return code;
    FILE *out = fk_file_stream(file);
    char *header = header_of(tensor, n, metadata);
    const size_t length = strlen(header), padded = (length + 7) / 8 * 8; /* numbers begin aligned */
    const uint64_t first = padded;
    fwrite(&first, sizeof first, 1, out);
    fprintf(out, "%-*s", (int)padded, header);
    free(header);
    for (size_t i = 0; i < n; i++)
        fwrite(tensor[i].x, sizeof(float), fk_tensor_size(&tensor[i]), out);
    return fk_file_commit(file, err);
}

/* The whole file; n bytes. */
static int slurp(const char *path, char **bytes, size_t *n, fk_error *err)
{
    FILE *in;
    size_t size;
    int code = fk_file_open(path, &in, &size, err);
    if (code) return code;
    *bytes = malloc(size + 1);
    if (*bytes) *n = fread(*bytes, 1, size, in);
    const bool broken = ferror(in);
    fclose(in);
    if (*bytes && !broken) return FK_OK;
    free(*bytes), *bytes = NULL;
    return fk_fail(err, FK_FILE, "%s: cannot read: %s", path,
                   broken ? strerror(EIO) : "it is larger than memory");
}

static int bad(const char *path, fk_error *err, const char *name, const char *what)
{
    return fk_fail(err, FK_USAGE, "%s: tensor %.40s: %s", path, name, what);
}

/* One entry of the header; data: `size` bytes of numbers. */
static int read_tensor(const char *path, const char *name, json_t *entry, char *data, size_t size,
                       fk_tensor *t, fk_error *err)
{
    const char *dtype;
    json_t *shape;
    json_int_t from, to;
    if (strlen(name) >= FK_TENSOR_NAME) return bad(path, err, name, "a name this long is not ours");
    if (json_unpack(entry, "{s:s, s:o, s:[I, I]}", "dtype", &dtype, "shape", &shape, "data_offsets",
                    &from, &to) != 0 ||
        !json_is_array(shape))
        return bad(path, err, name, "no \"dtype\", \"shape\" and \"data_offsets\"");
    if (strcmp(dtype, "F32") != 0) return bad(path, err, name, "its dtype is not F32");
    *t = (fk_tensor){.n_axes = json_array_size(shape)};
    strcpy(t->name, name);
    if (t->n_axes < 1 || t->n_axes > 2) return bad(path, err, name, "it has not 1 or 2 axes");
    for (size_t a = 0; a < t->n_axes; a++) {
        const json_int_t length = json_integer_value(json_array_get(shape, a));
        if (length < 1 || length > 1 << 28) return bad(path, err, name, "its shape is no shape");
        t->shape[a] = (size_t)length;
    }
    if (from < 0 || to < from || (size_t)to > size || from % (json_int_t)sizeof(float) != 0 ||
        (size_t)(to - from) != fk_tensor_size(t) * sizeof(float))
        return bad(path, err, name, "its offsets do not fit its shape and the file");
    t->x = (float *)(void *)(data + from);
    for (size_t i = 0; i < fk_tensor_size(t); i++)
        if (!isfinite(t->x[i])) return bad(path, err, name, "it has a number that is not finite");
    return FK_OK;
}

static int read_header(const char *path, json_t *header, char *data, size_t size, fk_tensors *all,
                       fk_error *err)
{
    const char *name;
    json_t *entry;
    all->tensor = fk_alloc(json_object_size(header) + 1, sizeof *all->tensor);
    json_object_foreach(header, name, entry)
    {
        if (strcmp(name, "__metadata__") == 0) {
            json_decref(all->metadata);
            all->metadata = json_incref(entry);
            continue;
        }
        int code = read_tensor(path, name, entry, data, size, &all->tensor[all->n++], err);
        if (code) return code;
    }
    return FK_OK;
}

int fk_tensors_read(const char *path, fk_tensors *all, fk_error *err)
{
    *all = (fk_tensors){.metadata = json_object()};
    char *bytes = NULL;
    size_t n = 0;
    int code = slurp(path, &bytes, &n, err);
    if (code) return json_decref(all->metadata), all->metadata = NULL, code;
    all->bytes = bytes;
    uint64_t length = 0;
    if (n >= sizeof length) memcpy(&length, bytes, sizeof length);
    json_t *header = NULL;
    if (length > 0 && length <= n - sizeof length)
        header = json_loadb(bytes + 8, length, JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_object(header))
        code = fk_fail(err, FK_USAGE, "%s: no safetensors file, or cut off in its header", path);
    else { /* which is read: to where it stood, and where floats can lie, for it may end anywhere */
        memmove(bytes + 8, bytes + 8 + length, n - 8 - length);
        code = read_header(path, header, bytes + 8, n - 8 - length, all, err);
    }
    json_decref(header);
    if (code) fk_tensors_free(all);
    return code;
}

void fk_tensors_free(fk_tensors *all)
{
    json_decref(all->metadata);
    free(all->tensor);
    free(all->bytes);
    *all = (fk_tensors){0};
}

int fk_tensors_find(const fk_tensors *all, const char *path, const char *name, size_t rows,
                    size_t columns, const float **x, fk_error *err)
{
    for (size_t i = 0; i < all->n; i++) {
        const fk_tensor *t = &all->tensor[i];
        if (strcmp(t->name, name) != 0) continue;
        *x = t->x;
        if (t->shape[0] == rows && t->n_axes == (columns ? 2 : 1) &&
            (!columns || t->shape[1] == columns))
            return FK_OK;
        return bad(path, err, name, "its shape is not that of the network in the metadata");
    }
    return bad(path, err, name, "there is none; is this a file of fokker train?");
}
