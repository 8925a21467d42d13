"""The file of key-encryption keys, and what is said when the key a credential needs is not in it."""

from __future__ import annotations

import base64
from uuid import uuid4

import pytest

from mspbyte_common import secrets
from mspbyte_common.errors import UsageError
from mspbyte_common.key_ring import KeyRing, new_key, read_key_ring

MSP = uuid4()


def _line(key: bytes) -> str:
    return base64.b64encode(key).decode()


def test_the_first_key_of_the_file_wraps_and_all_unwrap(tmp_path):
    old, new = new_key(), new_key()
    (tmp_path / "kek").write_text(f"# the keys of Acme\n{_line(new)} # from May\n\n{_line(old)}\n")
    ring = read_key_ring(tmp_path / "kek")
    assert list(ring.keys.values()) == [new, old]
    key, before = new_key(), KeyRing.of([old])
    assert secrets.unwrap(ring, before.current, secrets.wrap(before, key, MSP, 1), MSP, 1) == key
    assert secrets.unwrap(KeyRing.of([new]), ring.current, secrets.wrap(ring, key, MSP, 1), MSP, 1) == key


def test_a_data_key_of_a_release_that_did_not_note_its_key_is_tried_with_each():
    old, new, key = KeyRing.of([new_key()]), new_key(), new_key()
    wrapped = secrets.wrap(old, key, MSP, 1)
    assert secrets.unwrap(KeyRing.of([new, *old.keys.values()]), None, wrapped, MSP, 1) == key
    with pytest.raises(UsageError, match="does not open with this key"):
        secrets.unwrap(KeyRing.of([new]), None, wrapped, MSP, 1)


def test_a_key_that_is_not_in_the_file_is_named_with_what_to_do():
    old, new = KeyRing.of([new_key()]), KeyRing.of([new_key()])
    with pytest.raises(UsageError) as told:
        secrets.unwrap(new, old.current, secrets.wrap(old, new_key(), MSP, 1), MSP, 1)
    assert old.current in str(told.value)
    assert new.current in str(told.value)
    assert "put that key back" in str(told.value)


def test_no_ring_shows_a_key():
    key = new_key()
    assert str(key) not in repr(KeyRing.of([key]))
    assert key.hex()[:12] not in KeyRing.of([key]).current


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "holds no key"),
        ("# only a remark\n", "holds no key"),
        ("c2hvcnQ=\n", "line 1 of"),
        (f"{_line(b'x' * 32)}\nnot base64!\n", "line 2 of"),
        ("schlüssel", "cannot be read"),
    ],
)
def test_a_file_without_a_usable_key_is_refused_in_one_line(tmp_path, text, said):
    (tmp_path / "kek").write_text(text)
    with pytest.raises(UsageError, match=said) as told:
        read_key_ring(tmp_path / "kek")
    assert "\n" not in str(told.value)


def test_a_file_that_is_not_there_is_refused_with_the_setting_that_names_it(tmp_path):
    for file in (None, tmp_path / "nowhere"):
        with pytest.raises(UsageError, match="MSPBYTE_KEK_FILE"):
            read_key_ring(file)
