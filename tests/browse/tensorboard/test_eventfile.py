"""The files that TensorBoard reads."""

import struct

from forge.browse.tensorboard.eventfile import EventFile, record


def test_a_record_has_the_checksums_of_the_standard():
    """The check value of CRC-32C over the digits 1 to 9 is E3069283."""
    found = record(b"123456789")
    crc = 0xE3069283
    masked = ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF
    assert found[:8] == struct.pack("<Q", 9)
    assert found[12:21] == b"123456789"
    assert found[21:] == struct.pack("<I", masked)


def test_a_file_can_be_read_while_it_grows(tmp_path):
    file = EventFile(tmp_path / "run", 1_700_000_000.5)
    assert file.path.name == "events.out.tfevents.1700000000.forge"
    before = file.path.stat().st_size
    file.append([b"x"])
    assert file.path.read_bytes()[before:] == record(b"x")
    file.close()
