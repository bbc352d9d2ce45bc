"""Names with commas between them."""

from hypothesis import given
from hypothesis import strategies as st

from forge.browse.expression import STATISTICS, Name, write_name
from forge.browse.naming import divided, named


def test_names_are_divided_at_the_commas_between_them() -> None:
    assert divided(' lr, "a, b" ,,-summary."x,y".max,it\'s,don\'t,') == [
        "lr",
        '"a, b"',
        '-summary."x,y".max',
        "it's",
        "don't",
    ]
    assert divided("") == divided(" , ") == []
    assert divided('"open,end') == ['"open', "end"]


def test_a_name_means_what_it_means_in_filters() -> None:
    assert named("summary.loss.min") == Name("summary", "loss", "min")
    assert named('summary."a b".max') == Name("summary", "a b", "max")
    assert named("config.'it\\'s'") == Name("config", "it's")
    assert named('"a b"') == Name("", "a b")
    assert named('"a b".max') == Name("", "a b.max")
    assert named("a b") == Name("", "a b")


@given(
    st.lists(
        st.builds(Name, st.sampled_from(["config", "result"]), st.text(), st.just(""))
        | st.builds(
            Name, st.just("summary"), st.text(), st.sampled_from(["", *STATISTICS])
        ),
        max_size=3,
    )
)
def test_what_is_written_reads_the_same(names: list[Name]) -> None:
    words = [write_name(name) for name in names]
    assert [named(word) for word in divided(",".join(words))] == names


@given(st.text())
def test_any_text_is_a_list_of_names(text: str) -> None:
    assert all(named(word) for word in divided(text))
