"""Pictures that a page or a card carries along."""

import base64

from runfolders import make_run

from forge.records.layout import RunLayout
from forge.records.pictures import LARGEST, images_of


PNG = b"\x89PNG\r\n\x1a\n" + b"rest"


def layout_with(tmp_path, **files):
    layout = RunLayout(make_run(tmp_path / "results"))
    for name, data in files.items():
        path = layout.artifacts / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return layout


def test_pictures_are_told_by_what_they_hold(tmp_path):
    layout = layout_with(
        tmp_path,
        a=PNG,
        plots__b=b"\xff\xd8\xff\xe0",
        c=b"GIF89a",
        d=b"RIFF\0\0\0\0WEBPVP8 ",
        e=b"<svg onload='alert(1)'/>",
        f=b"",
    )
    (layout.artifacts / "evil.png").write_bytes(b"<script>alert(1)</script>")
    found = {image.name: image.uri for image in images_of(layout)}
    assert {*found} == {"a", "plots/b", "c", "d"}
    assert found["a"] == f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
    assert found["d"].startswith("data:image/webp;")


def test_large_ones_are_named_only(tmp_path):
    layout = layout_with(tmp_path, big=PNG + bytes(LARGEST))
    assert [(i.name, i.uri) for i in images_of(layout)] == [("big", "")]


def test_links_are_not_followed(tmp_path):
    layout = layout_with(tmp_path, a=PNG)
    (tmp_path / "secret.png").write_bytes(PNG)
    (layout.artifacts / "link").symlink_to(tmp_path / "secret.png")
    assert [image.name for image in images_of(layout)] == ["a"]
    assert list(images_of(RunLayout(tmp_path))) == []
