# SPDX-License-Identifier: BSD-2-Clause
# Sourced by every check of this folder. A check prints one line per offence, then the rule, and exits 1.
# shellcheck shell=bash
set -u -o pipefail
export LC_ALL=C
lint_offences=0

# offend TEXT…: one offence.
offend()
{
    printf '%s\n' "$*"
    lint_offences=$((lint_offences + 1))
}

# offend_lines: each line of standard input is an offence.
offend_lines()
{
    local line
    while IFS= read -r line; do
        offend "$line"
    done
}

# finish RULE: ends the check.
finish()
{
    if [ "$lint_offences" -gt 0 ]; then
        printf 'rule: %s (%d offences)\n' "$1" "$lint_offences"
        exit 1
    fi
    exit 0
}

# skip TEXT: the check cannot run here.
skip()
{
    printf 'skipped: %s\n' "$1"
    exit 77
}

# files ROOT [PATTERN…]: the project's files, relative to ROOT, that match one of the shell patterns; what git ignores
# is left out, and so is build/ in a tree without git.
files()
{
    local root=$1 file pattern
    shift
    {
        git -C "$root" ls-files -co --exclude-standard 2>/dev/null ||
            (cd "$root" && find . -path ./.git -prune -o -path ./build -prune -o -type f -print | sed 's|^\./||')
    } | sort -u | while IFS= read -r file; do
        [ -f "$root/$file" ] || continue
        [ $# -gt 0 ] || printf '%s\n' "$file"
        for pattern in "$@"; do
            # shellcheck disable=SC2254 # the pattern is meant to be one
            case $file in $pattern)
                printf '%s\n' "$file"
                break
                ;;
            esac
        done
    done
}

# without_comments FILE: C text without comments, keeping line ends.
without_comments()
{
    awk '{
        out = ""
        line = $0
        while (line != "") {
            if (inside) {
                at = index(line, "*/")
                if (at == 0) { line = ""; break }
                line = substr(line, at + 2); inside = 0
            } else {
                at = index(line, "/*"); cpp = index(line, "//")
                if (cpp > 0 && (at == 0 || cpp < at)) { out = out substr(line, 1, cpp - 1); line = ""; break }
                if (at == 0) { out = out line; line = ""; break }
                out = out substr(line, 1, at - 1) " "; line = substr(line, at + 2); inside = 1
            }
        }
        print out
    }' "$1"
}

# declared HEADER…: the names of the functions declared DFU_API.
declared()
{
    local header
    for header in "$@"; do
        without_comments "$header" | grep -v '^[[:space:]]*#'
    done | tr '\n' ' ' | sed 's/[;{}]/\n/g' | sed -nE 's/.*\bDFU_API\b[^(]*\b([A-Za-z_][A-Za-z0-9_]*)[[:space:]]*\(.*/\1/p' |
        sort -u
}

# objects LIST…: the object files that the lists name, one a line.
objects()
{
    cat "$@" | sort -u
}
