"""Tests of signatures of run folders."""

import json
import os
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forge.errors import ForgeError, UntrustedRun
from forge.records import trust
from forge.records.durable import replace_file
from forge.records.layout import RunLayout
from forge.records.plain import pretty_json
from forge.records.runfile import Change, ComponentFact, RunFile, Session
from forge.records.status import Status
from forge.records.trust import Signed, ensure_trusted, sign, verify


RUN = RunFile(
    uid="u",
    name="train",
    number=3,
    status=Status.COMPLETED,
    components=(
        ComponentFact(
            path="", kind="experiment", name="train", module="train", qualname="train"
        ),
    ),
    sessions=(
        Session(started="2026-11-20T22:00:00+00:00"),
        Session(
            started="2026-11-20T23:00:00+00:00",
            sources="sources-2",
            changes={"lr": Change(old=0.1, new=0.2)},
        ),
    ),
)
FLAGS = {"lr": 0.1, "git_commit": None, "shape": [1, 2], "name": "naïve"}
MANIFEST = {"format": 1, "files": {"train.py": "0" * 64}, "roots": ["."]}

#: What a config may hold once it is stored.
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@pytest.fixture(name="layout")
def _layout(tmp_path, monkeypatch):
    monkeypatch.setenv("FORGE_KEY_FILE", str(tmp_path / "key"))
    monkeypatch.setattr(trust, "_answers", {})
    return written(tmp_path / "results/train/3")


def written(folder: Path, flags=FLAGS) -> RunLayout:
    """Write a signed run of two sessions."""
    layout = RunLayout(folder)
    sources = {"sources": MANIFEST, "sources-2": {**MANIFEST, "python": "3.11.9"}}
    for name, manifest in sources.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        replace_file(folder / name / "MANIFEST.json", pretty_json(manifest))
    replace_file(layout.run, pretty_json(RUN))
    replace_file(layout.flags, pretty_json(flags))
    signed = Signed.of(RUN, flags=flags, sources=sources)
    replace_file(layout.trust, pretty_json(sign(signed)))
    return layout


def altered(path: Path, *keys, value) -> None:
    """Change one value in a JSON file."""
    data = found = json.loads(path.read_bytes())
    for key in keys[:-1]:
        found = found[key]
    assert found.get(keys[-1]) != value
    found[keys[-1]] = value
    path.write_bytes(pretty_json(data))


def refused(layout: RunLayout, given: bool | None = None) -> UntrustedRun:
    with pytest.raises(UntrustedRun) as caught:
        ensure_trusted(layout, given)
    assert caught.value.code == "untrusted"
    assert caught.value.folder == layout.folder
    return caught.value


def shown(error: UntrustedRun, tmp_path: Path) -> str:
    return str(error).replace(str(tmp_path), "/data")


def test_a_run_is_trusted_by_who_made_it(layout) -> None:
    assert verify(layout)
    ensure_trusted(layout, None)


def test_a_copy_stays_trusted_wherever_it_is(layout, tmp_path) -> None:
    copy = shutil.copytree(layout.folder, tmp_path / "elsewhere" / "copy of 3")
    assert verify(RunLayout(copy))


@pytest.mark.parametrize(
    "alter",
    [
        lambda r: altered(r.flags, "lr", value=0.5),
        lambda r: altered(r.flags, "added", value=1),
        lambda r: altered(r.manifest, "files", "train.py", value="1" * 64),
        lambda r: altered(r.manifest, "roots", value=["evil"]),
        lambda r: altered(
            r.folder / "sources-2/MANIFEST.json", "files", value={"x.py": "1" * 64}
        ),
        lambda r: altered(r.run, "components", value=[]),
        lambda r: altered(r.run, "sessions", value=[]),
        lambda r: altered(r.trust, "hmac_sha256", value="0" * 64),
        lambda r: altered(r.trust, "hmac_sha256", value=None),
        lambda r: altered(r.trust, "hmac_sha256", value="naïve"),
        lambda r: r.flags.unlink(),
        lambda r: r.manifest.unlink(),
        lambda r: r.run.unlink(),
        lambda r: r.flags.write_bytes(b"[" * 100_000),
        lambda r: r.flags.write_bytes(b"[]"),
        lambda r: r.run.write_bytes(b"{"),
    ],
)
def test_what_was_changed_after_it_was_signed_is_not_trusted(layout, alter) -> None:
    alter(layout)
    assert not verify(layout)
    assert "changed after it was signed" in refused(layout).reason


@pytest.mark.parametrize("fact", ["name", "kind", "module", "qualname", "file"])
def test_every_fact_of_a_component_is_signed(layout, fact) -> None:
    data = json.loads(layout.run.read_bytes())
    data["components"][0][fact] = "evil"
    layout.run.write_bytes(pretty_json(data))
    assert not verify(layout)


def test_what_a_resume_gave_anew_is_signed(layout) -> None:
    data = json.loads(layout.run.read_bytes())
    data["sessions"][1]["changes"]["lr"]["new"] = 9
    layout.run.write_bytes(pretty_json(data))
    assert not verify(layout)


@pytest.mark.parametrize("name", ["../evil", "/tmp", "sources-02", "sources/..", ""])
def test_sources_lie_in_the_run_folder(layout, name) -> None:
    data = json.loads(layout.run.read_bytes())
    data["sessions"][1]["sources"] = name
    layout.run.write_bytes(pretty_json(data))
    with pytest.raises(ForgeError, match="for a folder of sources, which no run has"):
        Signed.read(layout)
    assert not verify(layout)


def test_what_happens_later_does_not_spoil_a_signature(layout) -> None:
    """Status, result, notes and numbers decide nothing about code."""
    altered(layout.run, "status", value="FAILED")
    altered(layout.run, "result", value={"accuracy": 0.9})
    layout.annotations.write_text('{"tags": ["best"]}')
    assert verify(layout)


def test_facts_of_a_later_version_do_not_spoil_a_signature(layout) -> None:
    data = json.loads(layout.run.read_bytes())
    data["components"][0]["color"] = "green"
    layout.run.write_bytes(pretty_json(data))
    assert verify(layout)


def test_what_is_held_is_verified_and_not_what_the_files_say_by_then(layout) -> None:
    """Files that are exchanged between reading and verifying gain nothing."""
    evil = ComponentFact(path="", kind="model", name="e", module="e", qualname="e")
    run = RunFile(uid="u", name="t", number=1, status="FAILED", components=(evil,))
    sources = {"sources": {"files": {"evil.py": "1" * 64}}}
    for held in ({"run": run}, {"flags": {"lr": 7}}, {"sources": sources}):
        with pytest.raises(UntrustedRun):
            ensure_trusted(layout, None, **held)


def test_another_key_proves_nothing(layout, tmp_path, monkeypatch, message) -> None:
    monkeypatch.setenv("FORGE_KEY_FILE", str(tmp_path / "other"))
    message("untrusted-no-key", shown(refused(layout), tmp_path))
    written(tmp_path / "results/train/4")
    message("untrusted-other-key", shown(refused(layout), tmp_path))
    assert not verify(layout)
    monkeypatch.setenv("FORGE_KEY_FILE", str(tmp_path / "key"))
    assert verify(layout)


def test_a_key_that_is_refused_verifies_nothing(layout, tmp_path, message) -> None:
    (tmp_path / "key").chmod(0o644)
    message("untrusted-key-refused", shown(refused(layout), tmp_path))


def test_a_run_that_was_changed_is_refused_by_name(layout, tmp_path, message) -> None:
    altered(layout.flags, "lr", value=0.5)
    message("untrusted-changed", shown(refused(layout), tmp_path))


def test_a_run_without_a_signature_is_refused(layout, tmp_path, message) -> None:
    layout.trust.unlink()
    message("untrusted", shown(refused(layout), tmp_path))


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b"\xff", b'{"format": 2}'])
def test_a_signature_that_makes_no_sense_is_none(layout, data) -> None:
    layout.trust.write_bytes(data)
    assert refused(layout).reason == "its trust.json makes no sense."


def test_a_pipe_in_place_of_the_signature_is_not_waited_for(layout) -> None:
    layout.trust.unlink()
    os.mkfifo(layout.trust)
    assert not verify(layout)


def test_true_vouches_and_false_forbids(layout, tmp_path, message) -> None:
    message("untrusted-never", shown(refused(layout, given=False), tmp_path))
    layout.trust.unlink()
    ensure_trusted(layout, True)
    assert refused(layout, given=False).reason == "trust=False"


def test_a_folder_that_is_trusted_covers_what_lies_below(
    layout, tmp_path, monkeypatch
) -> None:
    layout.trust.unlink()
    (tmp_path / "link").symlink_to(layout.folder.parent.parent)
    monkeypatch.chdir(tmp_path)
    for name in ("results", "link", "results/train/3", "other:results", ":results:"):
        monkeypatch.setenv("FORGE_TRUST", name.replace(":", os.pathsep))
        ensure_trusted(layout, None)
    for name in ("", os.pathsep, "results/train/1", "res", "results/train/3/sources"):
        monkeypatch.setenv("FORGE_TRUST", name)
        refused(layout)


def test_a_link_below_a_trusted_folder_leads_to_what_is_not(
    layout, tmp_path, monkeypatch
) -> None:
    layout.trust.unlink()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "3").symlink_to(layout.folder)
    monkeypatch.setenv("FORGE_TRUST", str(tmp_path / "mine"))
    refused(RunLayout(tmp_path / "mine" / "3"))


def test_one_question_covers_a_results_folder(
    layout, tmp_path, monkeypatch, message
) -> None:
    questions, replies = [], [None, True, False]

    def answer(question: str) -> bool | None:
        questions.append(question.replace(str(tmp_path), "/data"))
        return replies.pop(0)

    monkeypatch.setattr(trust, "ask", answer)
    layout.trust.unlink()
    refused(layout)  # nobody was there, who may come later
    ensure_trusted(layout, None)
    ensure_trusted(layout, None)
    other = RunLayout(shutil.copytree(layout.folder, layout.folder.parent / "4"))
    ensure_trusted(other, None)
    apart = RunLayout(shutil.copytree(layout.folder, tmp_path / "results/train/copy"))
    refused(apart)
    refused(apart)
    assert len(questions) == 3
    message("trust-question", questions[0])


def test_the_name_of_a_folder_does_not_write_to_the_terminal(tmp_path) -> None:
    folder = tmp_path / "\x1b[31m" / "3"
    assert "\x1b" not in str(refused(RunLayout(folder)))


@given(flags=st.dictionaries(st.text(), PLAIN))
def test_whatever_a_config_holds_its_signature_is_found_valid(
    flags, tmp_path_factory
) -> None:
    assert verify(written(tmp_path_factory.mktemp("runs") / "1", flags))


@given(flags=st.dictionaries(st.text(), PLAIN), other=st.dictionaries(st.text(), PLAIN))
def test_other_flags_have_another_signature(flags, other) -> None:
    one, two = (sign(Signed.of(RUN, flags=f, sources={})) for f in (flags, other))
    same = json.dumps(flags, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert (one == two) or not same
    assert (one != two) or pretty_json(flags, sort_keys=True) == pretty_json(
        other, sort_keys=True
    )


@given(data=st.binary() | st.recursive(PLAIN, st.lists).map(pretty_json))
def test_no_signature_makes_verifying_fail(data, tmp_path_factory) -> None:
    layout = RunLayout(tmp_path_factory.mktemp("runs"))
    layout.trust.write_bytes(data)
    assert not verify(layout)
