/* SPDX-License-Identifier: BSD-2-Clause */
/* Random images and edits against a model that is too simple to be wrong: one array of bytes, one of flags. */
#include "support.h"

#define SPACE 512u
#define BASE UINT64_C(0xFFFFFE00) /* the last 512 bytes of the address space */
#define ROUNDS 3000u
#define STEPS 25u

struct model {
    uint8_t value[SPACE];
    uint8_t set[SPACE];
};

static struct dfu_error *err;
static uint64_t seed;

static unsigned below(unsigned n)
{
    return (unsigned)((test_random(&seed) >> 20) % n);
}

static void assert_same(const struct model *m, const struct dfu_image *image, uint64_t round)
{
    uint8_t value[SPACE] = {0};
    uint8_t set[SPACE] = {0};
    uint64_t end = 0;
    uint64_t bytes = 0;
    for (size_t i = 0; i < dfu_image_count(image); i++) {
        struct dfu_segment s;
        DFU_INIT(&s);
        assert_int_equal(dfu_image_segment(image, i, &s), DFU_OK);
        assert_true(s.length > 0 && s.address >= BASE && s.address + s.length <= BASE + SPACE);
        assert_true(i == 0 || s.address > end); /* sorted, and not even touching */
        end = s.address + s.length;
        memcpy(value + (s.address - BASE), s.data, (size_t)s.length);
        memset(set + (s.address - BASE), 1, (size_t)s.length);
        bytes += s.length;
    }
    struct dfu_image_info info;
    DFU_INIT(&info);
    assert_int_equal(dfu_image_describe(image, &info), DFU_OK);
    assert_int_equal(info.bytes, bytes);
    for (unsigned i = 0; i < SPACE; i++) {
        if (set[i] != m->set[i] || (set[i] && value[i] != m->value[i]))
            fail_msg("round %llu: byte %u: model %d %02X, image %d %02X", (unsigned long long)round, i, m->set[i],
                     m->value[i], set[i], value[i]);
    }
    uint8_t read[SPACE] = {0};
    unsigned from = below(SPACE);
    unsigned n = below(SPACE - from);
    size_t wanted = 0;
    for (unsigned i = 0; i < n; i++)
        wanted += m->set[from + i];
    assert_int_equal(dfu_image_read(image, DFU_ALT_ANY, BASE + from, read, n), wanted);
    for (unsigned i = 0; i < n; i++)
        assert_int_equal(read[i], m->set[from + i] ? m->value[from + i] : 0);
}

/* A range inside the space; often short, sometimes to the very end. */
static void some_range(unsigned *from, unsigned *to)
{
    *from = below(SPACE);
    unsigned most = below(3) == 0 ? SPACE - *from : 24;
    *to = *from + 1 + below(most);
    if (*to > SPACE)
        *to = SPACE;
}

static struct dfu_range range_of(unsigned from, unsigned to)
{
    return (struct dfu_range){BASE + from, BASE + to};
}

static void step_add(struct model *m, struct dfu_image *image, enum dfu_overlap policy)
{
    uint8_t data[SPACE];
    unsigned from;
    unsigned to;
    int clash = 0;
    some_range(&from, &to);
    for (unsigned i = from; i < to; i++) {
        data[i - from] = below(4) != 0 && m->set[i] ? m->value[i] : (uint8_t)below(256);
        clash |= m->set[i] && m->value[i] != data[i - from];
    }
    int rc = dfu_image_add(image, DFU_ALT_ANY, BASE + from, data, to - from, policy, &err);
    if (clash && policy == DFU_OVERLAP_ERROR) {
        assert_dfu_error(rc, err, DFU_ERR_RANGE, "contradict");
        return;
    }
    assert_dfu_ok(rc, err);
    for (unsigned i = from; i < to; i++) {
        if (!m->set[i] || policy == DFU_OVERLAP_LAST)
            m->value[i] = data[i - from];
        m->set[i] = 1;
    }
}

static void step_fill(struct model *m, struct dfu_image *image)
{
    unsigned from;
    unsigned to;
    uint8_t value = (uint8_t)below(256);
    some_range(&from, &to);
    assert_dfu_ok(dfu_image_fill(image, value, range_of(from, to), &err), err);
    for (unsigned i = from; i < to; i++) {
        m->value[i] = m->set[i] ? m->value[i] : value;
        m->set[i] = 1;
    }
}

static void step_keep(struct model *m, struct dfu_image *image, int inside)
{
    struct model kept = *m;
    uint64_t removed = 99;
    uint64_t gone = 0;
    unsigned left = 0;
    unsigned from;
    unsigned to;
    some_range(&from, &to);
    for (unsigned i = 0; i < SPACE; i++) {
        if ((i >= from && i < to) != inside) {
            gone += kept.set[i];
            kept.set[i] = 0;
        }
        left += kept.set[i];
    }
    int rc = inside ? dfu_image_crop(image, range_of(from, to), &removed, &err)
                    : dfu_image_exclude(image, range_of(from, to), &removed, &err);
    if (left == 0) {
        assert_dfu_error(rc, err, DFU_ERR_RANGE, "leaves no data");
        assert_int_equal(removed, 0);
        return;
    }
    assert_dfu_ok(rc, err);
    assert_int_equal(removed, gone);
    *m = kept;
}

static void step_move(struct model *m, struct dfu_image *image)
{
    unsigned low = 0;
    unsigned high = SPACE;
    while (low < SPACE && !m->set[low])
        low++;
    while (high > 0 && !m->set[high - 1])
        high--;
    if (low == SPACE)
        return;
    int by = (int)below(low + (SPACE - high) + 2) - (int)low;
    int rc = dfu_image_move(image, by, &err);
    if ((int)high + by > (int)SPACE) {
        assert_dfu_error(rc, err, DFU_ERR_RANGE, "leaves the 4 GiB");
        return;
    }
    assert_dfu_ok(rc, err);
    struct model moved = {{0}, {0}};
    for (unsigned i = low; i < high; i++) {
        moved.value[(int)i + by] = m->value[i];
        moved.set[(int)i + by] = m->set[i];
    }
    *m = moved;
}

static void step_merge(struct model *m, struct dfu_image *image, enum dfu_overlap policy)
{
    struct model other = {{0}, {0}};
    struct dfu_image *second;
    int clash = 0;
    assert_dfu_ok(dfu_image_new(&second, &err), err);
    for (unsigned n = below(6); n > 0; n--)
        step_add(&other, second, DFU_OVERLAP_LAST);
    for (unsigned i = 0; i < SPACE; i++)
        clash |= m->set[i] && other.set[i] && m->value[i] != other.value[i];
    int rc = dfu_image_merge(image, second, policy, &err);
    dfu_image_free(second);
    if (clash && policy == DFU_OVERLAP_ERROR) {
        assert_dfu_error(rc, err, DFU_ERR_RANGE, "contradict");
        return;
    }
    assert_dfu_ok(rc, err);
    for (unsigned i = 0; i < SPACE; i++) {
        if (other.set[i] && (!m->set[i] || policy == DFU_OVERLAP_LAST))
            m->value[i] = other.value[i];
        m->set[i] |= other.set[i];
    }
}

static void step(struct model *m, struct dfu_image *image)
{
    enum dfu_overlap policy = (enum dfu_overlap)below(3);
    switch (below(10)) {
    case 0:
        step_fill(m, image);
        break;
    case 1:
        step_keep(m, image, 1);
        break;
    case 2:
    case 3:
        step_keep(m, image, 0);
        break;
    case 4:
        step_move(m, image);
        break;
    case 5:
        step_merge(m, image, policy);
        break;
    default:
        step_add(m, image, policy);
        break;
    }
}

static void edits_agree_with_the_model(void **state)
{
    (void)state;
    for (uint64_t round = 1; round <= ROUNDS; round++) {
        struct model m = {{0}, {0}};
        struct dfu_image *image;
        seed = round * UINT64_C(0x9E3779B97F4A7C15);
        assert_dfu_ok(dfu_image_new(&image, &err), err);
        for (unsigned i = 0; i < STEPS; i++) {
            step(&m, image);
            assert_same(&m, image, round);
        }
        dfu_image_free(image);
    }
}

/* One hex record. */
static size_t put_record(char *text, unsigned offset, const uint8_t *data, unsigned n)
{
    unsigned sum = n + (offset >> 8) + (offset & 255);
    size_t used = (size_t)sprintf(text, ":%02X%04X00", n, offset);
    for (unsigned i = 0; i < n; i++) {
        used += (size_t)sprintf(text + used, "%02X", data[i]);
        sum += data[i];
    }
    return used + (size_t)sprintf(text + used, "%02X\n", (256 - sum % 256) % 256);
}

struct line {
    unsigned from;
    unsigned n;
    uint8_t data[SPACE];
};

static struct line lines[64];

static void assert_line_holds(unsigned line, uint64_t address, unsigned value)
{
    const struct line *l = &lines[line];
    assert_true(address >= BASE + l->from && address < BASE + l->from + l->n);
    assert_int_equal(l->data[address - BASE - l->from], value);
}

/* The error names two lines that do contradict each other there, the earlier one second. */
static void assert_true_contradiction(int rc)
{
    unsigned line = 0;
    unsigned earlier = 0;
    unsigned found = 0;
    unsigned expected = 0;
    unsigned long long address = 0;
    assert_int_equal(rc, DFU_ERR_FORMAT);
    assert_int_equal(sscanf(dfu_error_message(err), "f.hex: line %u: 0x%X at 0x%llX contradicts 0x%X from line %u",
                            &line, &found, &address, &expected, &earlier),
                     5);
    dfu_error_free(err);
    err = NULL;
    assert_true(earlier < line && line < 64);
    assert_int_not_equal(found, expected);
    assert_line_holds(line, address, found);
    assert_line_holds(earlier, address, expected);
}

/* Records in any order that overlap in every way. */
static void overlapping_records(void **state)
{
    (void)state;
    static char text[64 * 600];
    for (uint64_t round = 1; round <= ROUNDS; round++) {
        struct model m = {{0}, {0}};
        struct dfu_image_options o;
        struct dfu_image *image = NULL;
        size_t used = (size_t)sprintf(text, ":02000004FFFFFC\n");
        unsigned clash = 0;
        seed = round * UINT64_C(0xD1342543DE82EF95);
        DFU_INIT(&o);
        o.overlap = below(3);
        unsigned last = 2 + below(60);
        for (unsigned line = 2; line <= last; line++) {
            uint8_t *data = lines[line].data;
            unsigned from = below(SPACE);
            unsigned n = 1 + below(below(2) == 0 ? 4 : 60);
            if (below(3) == 0 && line > 2) { /* goes on where the line before ends */
                from = lines[line - 1].from + lines[line - 1].n;
                n = lines[line - 1].n;
            }
            from = from % SPACE;
            n = n > SPACE - from ? SPACE - from : n;
            lines[line].from = from;
            lines[line].n = n;
            for (unsigned i = 0; i < n; i++) {
                int keep = m.set[from + i] && (o.overlap == DFU_OVERLAP_ERROR ? below(200) != 0 : below(2) != 0);
                data[i] = keep ? m.value[from + i] : (uint8_t)below(256);
                if (clash == 0 && m.set[from + i] && m.value[from + i] != data[i])
                    clash = line;
                if (!m.set[from + i] || o.overlap == DFU_OVERLAP_LAST)
                    m.value[from + i] = data[i];
                m.set[from + i] = 1;
            }
            used += put_record(text + used, 0xFE00 + from, data, n);
        }
        used += (size_t)sprintf(text + used, ":00000001FF\n");
        int rc = dfu_image_parse(text, used, "f.hex", &o, &image, &err);
        if (clash != 0 && o.overlap == DFU_OVERLAP_ERROR) {
            assert_true_contradiction(rc);
            continue;
        }
        assert_dfu_ok(rc, err);
        assert_same(&m, image, round);
        dfu_image_free(image);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(edits_agree_with_the_model),
        cmocka_unit_test(overlapping_records),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
