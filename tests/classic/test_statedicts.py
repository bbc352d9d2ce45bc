"""Files of PyTorch that a script saved by itself, put back into modules."""

import sys

import pytest

from forge.classic.statedicts import restore_file
from forge.errors import ForgeError


pytestmark = pytest.mark.frameworks


@pytest.fixture(name="torch")
def _torch():
    return pytest.importorskip("torch")


def net(torch, out=2, value=None):
    made = torch.nn.Linear(3, out)
    if value is not None:
        with torch.no_grad():
            for parameter in made.parameters():
                parameter.fill_(value)
    return made


def test_a_state_dict_goes_into_the_model(torch, tmp_path):
    path = tmp_path / "model.ckpt-3"
    torch.save(net(torch, value=5.0).state_dict(), path)
    for wrap in (lambda one: one, lambda one: {"model": one}):
        made = net(torch)
        restore_file(path, wrap(made))
        assert made.bias.tolist() == [5.0, 5.0]


@pytest.mark.parametrize("ending", ["", "_state_dict", "_state"])
def test_several_state_dicts_go_where_their_names_say(torch, tmp_path, ending):
    path = tmp_path / "model.ckpt-3.pt"
    saved = net(torch, value=5.0)
    adam = torch.optim.Adam(saved.parameters(), lr=0.125)
    saved(torch.ones(3)).sum().backward()
    adam.step()
    states = {"model": saved.state_dict(), "optimizer": adam.state_dict()}
    torch.save({f"{k}{ending}": v for k, v in states.items()} | {"step": 3}, path)
    made = net(torch)
    optimizer = torch.optim.Adam(made.parameters(), lr=1.0)
    restore_file(path, {"model": made, "optimizer": optimizer})
    assert torch.equal(made.weight, saved.weight)
    assert optimizer.param_groups[0]["lr"] == 0.125
    assert len(optimizer.state_dict()["state"]) == 2


def test_what_does_not_fit_changes_nothing(torch, tmp_path, message):
    path = tmp_path / "model.ckpt-3"
    torch.save({**net(torch, 4).state_dict(), "extra": torch.ones(1)}, path)
    made = net(torch, value=1.0)
    with pytest.raises(ForgeError) as caught:
        restore_file(path, made)
    message(
        "checkpoint-mismatch-statedict", str(caught.value).replace(str(path), "FILE")
    )
    assert made.bias.tolist() == [1.0, 1.0]


class Planted:
    """Runs code when it is unpickled."""

    def __reduce__(self):
        return sys.exit, (3,)


def test_a_file_that_would_run_code_is_refused(torch, tmp_path):
    path = tmp_path / "model.ckpt-3"
    torch.save({"model": Planted()}, path)
    with pytest.raises(ForgeError) as caught:
        restore_file(path, net(torch))
    assert caught.value.code == "checkpoint-unsafe"


def test_a_file_that_is_torn_is_refused(torch, tmp_path):
    path = tmp_path / "model.ckpt-3"
    torch.save(net(torch).state_dict(), path)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(ForgeError) as caught:
        restore_file(path, net(torch))
    assert caught.value.code == "checkpoint-unsafe"


def test_a_script_imports_pytorch_itself(tmp_path, monkeypatch, message):
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    path = tmp_path / "model.ckpt-3"
    path.write_bytes(b"x")
    with pytest.raises(ForgeError) as caught:
        restore_file(path, None)
    message("no-torch", str(caught.value).replace(str(path), "FILE"))
