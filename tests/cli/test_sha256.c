/* SPDX-License-Identifier: BSD-2-Clause */
#include "support.h"

#include "sha256.h"

static void check(const char *text, size_t repeat, const char *digest)
{
    struct sha256 sha;
    char hex[65];
    sha256_start(&sha);
    for (size_t i = 0; i < repeat; i++)
        sha256_add(&sha, text, strlen(text));
    sha256_hex(&sha, hex);
    assert_string_equal(hex, digest);
}

/* FIPS 180-4 examples as published by NIST (SHA256.pdf), and the million letters of FIPS 180-2 B.3. */
static void nist_vectors(void **state)
{
    (void)state;
    check("", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    check("abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    check("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    check("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrst"
          "nopqrstu",
          1, "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
    check("aaaaaaaaaa", 100000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

/* Lengths around the padding's edge, in one piece and byte by byte. */
static void pieces_do_not_matter(void **state)
{
    static const char data[130] = "x";
    (void)state;
    for (size_t length = 50; length <= sizeof data; length++) {
        struct sha256 whole;
        struct sha256 parts;
        char a[65];
        char b[65];
        sha256_start(&whole);
        sha256_start(&parts);
        sha256_add(&whole, data, length);
        for (size_t i = 0; i < length; i++)
            sha256_add(&parts, data + i, 1);
        sha256_hex(&whole, a);
        sha256_hex(&parts, b);
        assert_string_equal(a, b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(nist_vectors), cmocka_unit_test(pieces_do_not_matter)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
