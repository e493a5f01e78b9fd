#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""quirk_mutation.py ROOT WORK [ID…]: takes quirk rules away one by one, in a copy of ROOT under WORK, and wants the
tests that lib/proto/quirks.def names for them to fail. Minutes, so ctest does not run it.

Device rows go by id and kind; rules of the general procedure by the replacements below."""
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import quirks  # noqa: E402

# id, file, what stands there, what takes its place. The tests are those of the id.
RULES = [
    ("A1", "lib/op/run.c", "    return dfui_session_watch(s, run->options.leave_watch_ms, &run->result.left, err);",
     "    if (dfui_idle(&s->link, err) != DFU_OK)\n        return DFU_ERR_GONE;\n    return DFU_OK;"),
    ("A2", "lib/op/run.c", "int rc = dfui_dfuse_set_address(&s->link, (uint32_t)step->address, &failure);",
     "int rc = DFU_OK; (void)step;"),
    ("A3", "lib/session/watch.c", "seen.presence == DFUI_DFU ? DFU_LEFT_STILL_DFU", "false ? DFU_LEFT_STILL_DFU"),
    ("A4", "lib/op/plain.c", "if (needs_reset && !goes_by_itself(run))", "if (0 && !goes_by_itself(run))"),
    ("A5", "lib/op/run.c", "        return leave(run, step, err);\n    default:", "        return DFU_OK;\n    default:"),
    ("A6", "lib/proto/idle.c", "if (s.state >= DFU_STATE_ERROR ||", "if (0 ||"),
    ("B1", "lib/proto/idle.c", "if (s.state >= DFU_STATE_ERROR ||", "if (s.state >= 0 ||"),
    ("B2", "lib/proto/idle.c", "if (s.state >= DFU_STATE_ERROR ||", "if (s.state >= 0 ||"),
    ("B3", "lib/proto/exec.c", "#define STATUS_TRIES 8", "#define STATUS_TRIES 1"),
    ("B4", "lib/proto/dfuse.c", "return (uint32_t)dfui_min(mebibytes, 60) * 35000;",
     "return (uint32_t)dfui_min(mebibytes, 60) * 350;"),
    ("B6", "lib/proto/exec.c", "uint64_t until = replied_us + (uint64_t)ms * 1000;",
     "if (link->last.poll_ms == 0) ms = 1000; uint64_t until = replied_us + (uint64_t)ms * 1000;"),
    ("B8", "lib/session/session.c", "s->block_size = (uint32_t)dfui_min(size, most);", "s->block_size = 128;"),
    ("B9", "lib/proto/dfuse.c", "return (link->hangs ? 1000 : 10000) + sector_size / 1024 * 40;",
     "return (link->hangs ? 20 : 20) + sector_size * 0;"),
    ("B10", "lib/op/erase_plan.c", "can_read_back(plan) && i < extents.count", "false"),
    ("B11", "lib/op/erase_plan.c", "can_read_back(plan) && i < extents.count", "i < extents.count"),
    ("B12", "lib/op/erase_plan.c", "can_read_back(plan) && i < extents.count", "false"),
    ("B13", "lib/proto/idle.c", "if (s.state >= DFU_STATE_ERROR ||", "if (s.state == DFU_STATE_ERROR ||"),
    ("B14", "lib/proto/dfuse.c", "int rc = link->state == DFU_STATE_UPLOAD_IDLE ? DFU_OK : dfui_idle(link, err);",
     "int rc = DFU_OK;"),
    ("B15", "lib/op/verify_plan.c", "        rc = plan_spans(*out, &spans, DFU_STEP_READ, err);",
     "        spans.items[spans.count - 1].range.end += 4096, rc = plan_spans(*out, &spans, DFU_STEP_READ, err);"),
    ("B16", "lib/op/run.c", "rc = give_up_reading(run, rc, err);", "(void)give_up_reading;"),
    ("B17", "lib/op/verify_plan.c", "    if (!(plan->target.attributes & DFU_CAN_UPLOAD))\n        return cannot_verify",
     "    plan->summary.verifies = 1; if (!(plan->target.attributes & DFU_CAN_UPLOAD))\n        return DFU_OK; else if (0) return cannot_verify"),
    ("B18", "lib/proto/exec.c", "if (s.string != 0)", "if (s.string == 255)"),
    ("B19", "lib/op/unprotect.c", "    rc = dfui_protect_again(p, LEAVE_MS, &went, err);", "    rc = DFU_OK, went = true;"),
    ("B20", "lib/op/optbytes.c", "        rc = dfui_protect_again(p, LEAVE_MS, &went, err);", "        rc = DFU_OK;"),
    ("B21", "lib/proto/idle.c", "        (void)dfui_request_clrstatus(link, NULL);\n    if (stale)", "        (void)0;\n    if (stale)"),
    ("C1", "lib/usb/utf16.c", "(c < 0x20 || c > 0x7E))\n            break;",
     "(c < 0x20 || c > 0x7E))\n            return DFU_ERR_PROTOCOL;"),
    ("C2", "lib/session/device.c", "#define NAMES_US UINT64_C(2000000)", "#define NAMES_US UINT64_C(0)"),
    ("C4", "lib/map/memmap.c", "map->alts[i].lowest = lowest;", "map->alts[i].lowest = i;"),
    ("C3", "lib/map/memmap.c", "map->alts[i].lowest = lowest;", "map->alts[i].lowest = i;"),
    ("C5", "lib/usb/utf16.c", "return impossible || claimed > received ? received : claimed;",
     "(void)impossible; return claimed > received ? received : claimed;"),
    ("C7", "lib/map/parse_sector.c", "    default:\n        return 1;", "    default:\n        return 1024;"),
    ("C8", "lib/map/parse.c", "    if (dfui_scan_take(&p->s, '/'))\n        dfui_scan_blanks(&p->s);\n    else if",
     "    if (dfui_scan_take(&p->s, '/')) {\n        if (dfui_scan_peek(&p->s) == ' ')\n"
     "            return bad_address(p, at, err);\n    } else if"),
    ("C9", "lib/map/parse_sector.c", "if (!dfui_scan_decimal(&p->s, UINT32_MAX, count))",
     "if (!dfui_scan_decimal(&p->s, UINT32_MAX, count) || *count > 999)"),
    ("C10", "lib/map/parse_sector.c", "    if (size == 0)\n", "    if (count == 0)\n        return DFU_ERR_FORMAT;\n    if (size == 0)\n"),
    ("C11", "lib/map/parse.c", "    if (group_here(p->s))\n        return group(p, err);\n    if (bare", "    if (bare"),
    ("C12", "lib/map/parse.c", "    if (dfui_scan_take(&p->s, '@')) {\n        if (name(p))", "    if (false) {\n        if (name(p))"),
    ("C13", "lib/map/parse.c", "|| address > UINT32_MAX)", "|| address > UINT32_MAX || p->s.at - at < 10)"),
    ("C14", "lib/core/scan.c", "return digits(s, 10, limit, value);",
     "return digits(s, s->at < s->end && *s->at == '0' ? 8 : 10, limit, value);"),
    ("C15", "lib/op/write_plan.c", 'strstr(r->name, "Flash") != NULL', "false"),
    ("C16", "lib/op/extent.c", "if (r->kind != DFU_MEMORY_NORMAL) {", "if (0) {"),
    ("C17", "lib/op/extent.c", "!(plan->options.flags & DFU_PLAN_FORCE_OUTSIDE)", "true"),
    ("C18", "lib/op/suspect.c", "else if (in_two_banks(o))", "else if (in_two_banks(o) && 0)"),
    ("C19", "lib/op/optbytes.c", "if (rc != DFU_ERR_PROTOCOL || link->state != DFU_STATE_UPLOAD_IDLE)",
     "if (rc != DFU_ERR_PROTOCOL || link->state)"),
    ("C20", "lib/map/sector.c", "(address - region->start) / region->sector_size", "(address / region->sector_size) - region->start / region->sector_size"),
    ("C22", "lib/session/device.c", "return device->info.protocol == DFU_PROTOCOL_DFUSE;",
     "return device->info.alt_count > 0;"),
    ("C23", "lib/session/device.c", "return device->info.protocol == DFU_PROTOCOL_DFUSE;",
     "return device->info.vid == 0x0483 || device->info.protocol == DFU_PROTOCOL_DFUSE;"),
    ("D2", "lib/session/session.c", "if (s->device->info.mode != DFU_MODE_DFU) {", "if (0) {"),
    ("D3", "lib/session/list.c", "    int rc = find_interfaces(usb, &found, scan->err);",
     "    if (usb->vid != 0x0483)\n        return DFU_OK;\n    int rc = find_interfaces(usb, &found, scan->err);"),
    ("D5", "lib/op/run.c", "    if (rc == DFU_ERR_CANCELLED && run->session->gone) {",
     "    if (rc == DFU_ERR_PROTECTED)\n        (void)dfu_session_unprotect(run->session, NULL, NULL, NULL);\n"
     "    if (rc == DFU_ERR_CANCELLED && run->session->gone) {"),
    ("D6", "lib/session/recover.c", "int again = reset(s, &failure);", "int again = DFU_ERR_USB; (void)reset;"),
    ("D9", "lib/op/transfer.c", "    if (run->pointed)\n        return DFU_OK;",
     "    if (run->pointed || run->run_start == 0)\n        return DFU_OK;"),
    ("E1", "lib/op/span.c", "bool natural = size == plan->target.transfer_size", "bool natural = true"),
    ("E2", "lib/usb/desc.c", "i->transfer_size = dfui_le16(d + 5);", "i->transfer_size = 2048;"),
    ("E3", "lib/op/span.c", "if (block > UINT16_MAX || !natural)", "if (at == span->range.start || !natural)"),
    ("E4", "lib/op/write_plan.c", "#define FLASH_WORD 32u", "#define FLASH_WORD 1u"),
    ("E5", "lib/op/run.c", "        rc = dfui_run_erase(run, step, err);", "        rc = DFU_OK;"),
    ("E6", "lib/op/transfer.c", "first == 0x00 && !dfui_run_zeros_are_suspect(run)", "first == 0x00 && run != NULL"),
    ("E7", "lib/op/run.c", "return dfui_run_probe_step(run, step, err);", "return DFU_OK;"),
    ("E8", "lib/op/write_plan.c", "if (covered == length || ++partial > NAMED_SECTORS)",
     "if (length > 0)"),
    ("E9", "lib/proto/dfuse.c", "return (link->hangs ? 1000 : 10000) + sector_size / 1024 * 40;",
     "return (link->hangs ? 20 : 20) + sector_size * 0;"),
    ("E11", "lib/op/extent.c", "if (intent == DFUI_INTENT_WRITE && !(r->access & DFU_ACCESS_WRITE)", "if (false"),
    ("H1", "lib/proto/idle.c", "if (may_abort(state)) {", "if (may_abort(state) && 0) {"),
    ("H2", "lib/proto/idle.c", "if (may_abort(state)) {", "if (may_abort(state) && 0) {"),
    ("H3", "lib/op/write.c", "run->erased[i] = (int16_t)value;", "run->erased[i] = 0xFF;"),
    ("H4", "lib/op/span.c", "bool natural = size == plan->target.transfer_size", "bool natural = true"),
    ("H5", "lib/op/optbytes.c", "DFUI_DFUSE_FIRST_BLOCK, a->data, a->known, &outcome", "DFUI_DFUSE_FIRST_BLOCK, a->data, a->known / 2, &outcome"),
    ("H6", "lib/session/watch.c", "seen.presence == DFUI_DFU ? DFU_LEFT_STILL_DFU", "false ? DFU_LEFT_STILL_DFU"),
    ("H8", "lib/op/plain.c", "if (needs_reset && !goes_by_itself(run))", "if (0 && !goes_by_itself(run))"),
]


def copy(root, work):
    listed = subprocess.run(["git", "-C", root, "ls-files", "-co", "--exclude-standard"], check=True,
                            capture_output=True, text=True).stdout
    for name in listed.splitlines():
        target = os.path.join(work, name)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        if not os.path.exists(target) or open(target, "rb").read() != open(os.path.join(root, name), "rb").read():
            shutil.copyfile(os.path.join(root, name), target)
            shutil.copymode(os.path.join(root, name), target)


def device_mutations(table):
    """(id, edit) for each id and kind of device rows."""
    for kind in sorted({(f[0], f[6]) for k, f in table if k == "DEVICE"}):
        pattern = re.compile(r'^DEVICE\("%s",[^)]*?\b%s\b.*?"\)\n' % kind, flags=re.M | re.S)
        yield kind[0], "lib/proto/quirks.def", "rows " + kind[1], lambda text, p=pattern: p.sub("", text)


def rule_mutations():
    for quirk, path, old, new in RULES:
        yield quirk, path, old.split("\n")[0][:50], lambda text, o=old, n=new: text.replace(o, n, 1)


def failures(program):
    """Names of its tests that fail; after half an hour those so far."""
    with subprocess.Popen([program], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as p:
        try:
            said = p.communicate(timeout=1800)[0]
        except subprocess.TimeoutExpired:
            p.kill()
            said = p.communicate()[0]
    return re.findall(r"\[  FAILED  \] (\w+)\n", said)


def cases_fail(work, build, path):
    """Whether a file of command-line cases fails."""
    dfu = os.path.join(build, "cli", "dfu")
    return subprocess.run([sys.executable, os.path.join(work, "tests/cli/run_cases.py"), dfu, os.path.join(work, path)],
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode != 0


def main():
    root, work = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    only = sys.argv[3:]
    copy(root, work)
    build = os.path.join(work, "build")
    subprocess.run(["cmake", "-S", work, "-B", build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Debug", "-DDFU_WERROR=OFF"],
                   check=True, stdout=subprocess.DEVNULL)
    table = quirks.rows(root)
    tests = {f[0]: f[5].split() for k, f in table if k == "QUIRK"}
    mutations = list(device_mutations(table)) + list(rule_mutations())
    survived = 0
    for quirk in sorted(set(tests) - {m[0] for m in mutations}):
        print("%-4s has no mutation" % quirk)
        survived += 1
    for quirk, path, label, edit in mutations:
        if only and quirk not in only:
            continue
        full = os.path.join(work, path)
        with open(full, encoding="utf-8") as f:
            text = f.read()
        changed = edit(text)
        try:
            with open(full, "w", encoding="utf-8") as f:
                f.write(changed)
            cases = [t for t in tests[quirk] if t.endswith(".txt")]
            units = [t.split(":") for t in tests[quirk] if not t.endswith(".txt")]
            named = sorted({re.sub(r"^test_", "sim_", os.path.basename(file)[:-2]) for file, _ in units})
            built = subprocess.run(["ninja", "-C", build, "-j2"] + named + ["dfu"] * bool(cases), capture_output=True,
                                   text=True, check=False)
            failed = []
            for name in named:
                failed += failures(os.path.join(build, "tests/sim", name))
            caught = sorted({test for _, test in units} & set(failed))
            caught += [t for t in cases if cases_fail(work, build, t)]
            result = "unchanged" if changed == text else "does not build" if built.returncode else \
                "caught by " + " ".join(caught) if caught else "SURVIVED"
        finally:
            with open(full, "w", encoding="utf-8") as f:
                f.write(text)
        survived += not caught or changed == text or built.returncode != 0
        print("%-4s %-52s %s" % (quirk, label, result), flush=True)
    print("%d not caught" % survived)
    sys.exit(1 if survived else 0)


if __name__ == "__main__":
    main()
