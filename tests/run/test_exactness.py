"""How exactly a resumed run goes on: never said to be more than is known."""

from forge.checkpoints.environment import environment
from forge.run.exactness import Exactness, reasons_for


def told():
    found = []
    return Exactness(lambda level, reason: found.append((level, reason))), found


def test_it_is_exact_once_the_data_are_where_they_were():
    exactness, found = told()
    exactness.restored(left=(), reasons=())
    assert exactness.level == "state"
    exactness.data("")
    assert found == [
        ("state", "its data have not been gone through with _run.track"),
        ("exact", ""),
    ]
    assert (exactness.level, exactness.reason) == found[-1]


def test_a_reason_keeps_it_at_state():
    exactness, found = told()
    exactness.restored(left=(), reasons=["numpy was 1, and is 2"])
    exactness.data("")
    assert found[-1] == ("state", "numpy was 1, and is 2")


def test_data_that_do_not_go_on_keep_it_at_state():
    exactness, found = told()
    exactness.restored(left=(), reasons=["one"])
    exactness.data("two")
    assert found[-1] == ("state", "one; two")


def test_what_was_not_restored_leaves_the_weights():
    exactness, found = told()
    exactness.restored(left={"optimizer", "ema"}, reasons=())
    exactness.data("")
    assert found[-1] == ("weights", "ema, optimizer was saved and not restored")


def test_reasons_are_found_in_what_was_saved():
    now = environment()
    assert reasons_for({"environment": now, "legacy": []}, changed=False) == []
    assert reasons_for({"environment": now}, changed=True) == ["its code was changed"]
    (versions,) = reasons_for({}, changed=False)
    assert "does not say which versions" in versions
    (other,) = reasons_for({"environment": {**now, "python": "3.9.1"}}, changed=False)
    assert other.startswith("python was 3.9.1, and is ")
    (legacy,) = reasons_for(
        {"environment": now, "legacy": ["RandomUniform"]}, changed=False
    )
    assert "tf.random" in legacy
