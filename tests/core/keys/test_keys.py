"""Keys are made once, wrap data keys, and never show."""

import os
import stat

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from portal.errors import KeyMissing, KeyUnsafe, Tampered
from portal.keys import FileKeys, Mac, Wrapping


@pytest.fixture
def directory(tmp_path):
    FileKeys.create(tmp_path / "keys")
    return tmp_path / "keys"


@pytest.fixture
def keys(directory):
    return FileKeys(directory)


def test_only_the_owner_may_read_what_is_created(directory):
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in directory.iterdir()} == {0o600}


def test_an_umask_cannot_open_the_keys_to_others(tmp_path):
    before = os.umask(0)
    try:
        FileKeys.create(tmp_path / "keys")
    finally:
        os.umask(before)
    assert not any(path.stat().st_mode & 0o077 for path in (tmp_path / "keys").iterdir())


def test_keys_are_never_overwritten(directory):
    before = {path.name: path.read_bytes() for path in directory.iterdir()}
    with pytest.raises(KeyUnsafe, match="already holds keys"):
        FileKeys.create(directory)
    assert {path.name: path.read_bytes() for path in directory.iterdir()} == before


@pytest.mark.parametrize("kind", ["data", "private", "mac", "signing"])
def test_a_missing_key_is_named_and_not_made_anew(directory, kind):
    (directory / f"{kind}.1.key").unlink()
    with pytest.raises(KeyMissing, match=f"key {kind}"):
        FileKeys(directory)
    assert not (directory / f"{kind}.1.key").exists()


def test_a_missing_directory_is_not_made(tmp_path):
    with pytest.raises(KeyMissing, match="no directory"):
        FileKeys(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_key_that_others_may_read_is_refused(directory, mode):
    (directory / "mac.1.key").chmod(mode)
    with pytest.raises(KeyUnsafe, match="chmod go-rwx"):
        FileKeys(directory)


def test_a_directory_that_others_may_enter_is_refused(directory):
    directory.chmod(0o750)
    with pytest.raises(KeyUnsafe):
        FileKeys(directory)


def test_a_key_of_the_wrong_length_is_refused(directory):
    (directory / "data.1.key").write_bytes(b"short")
    with pytest.raises(KeyUnsafe, match="5 bytes"):
        FileKeys(directory)


def test_a_wrapped_key_opens_in_its_context_only(keys):
    key_id, wrapped, dek = keys.wrap(Wrapping.DATA, b"version 1")
    assert len(dek) == 32
    assert keys.unwrap(key_id, wrapped, b"version 1") == dek
    with pytest.raises(Tampered):
        keys.unwrap(key_id, wrapped, b"version 2")


@pytest.mark.parametrize("position", [0, 11, 12, 40, -1])
def test_a_flipped_bit_in_a_wrapped_key_is_refused(keys, position):
    key_id, wrapped, _ = keys.wrap(Wrapping.DATA, b"c")
    broken = bytearray(wrapped)
    broken[position] ^= 1
    with pytest.raises(Tampered):
        keys.unwrap(key_id, bytes(broken), b"c")


@pytest.mark.parametrize("length", [0, 5, 12, 27])
def test_a_shortened_wrapped_key_is_refused(keys, length):
    key_id, wrapped, _ = keys.wrap(Wrapping.DATA, b"c")
    with pytest.raises(Tampered):
        keys.unwrap(key_id, wrapped[:length], b"c")


def test_a_data_key_wrapped_for_one_purpose_does_not_open_under_another(keys):
    _, wrapped, _ = keys.wrap(Wrapping.DATA, b"c")
    with pytest.raises(Tampered):
        keys.unwrap("private.1", wrapped, b"c")


@pytest.mark.parametrize("key_id", ["data.2", "mac.1", "signing.1", "../data.1", "data.01", "", "data"])
def test_an_unknown_key_id_is_refused(keys, key_id):
    with pytest.raises(KeyMissing):
        keys.unwrap(key_id, bytes(60), b"c")


def test_no_two_wraps_give_the_same_key_or_bytes(keys):
    wraps = [keys.wrap(Wrapping.DATA, b"c") for _ in range(50)]
    assert len({w.dek for w in wraps}) == len({w.wrapped for w in wraps}) == 50


def test_after_a_rotation_the_old_key_still_opens_and_new_wraps_use_the_new_one(directory, keys):
    old = keys.wrap(Wrapping.DATA, b"c")
    rotated = FileKeys.rotate(directory, Wrapping.DATA)
    assert rotated.unwrap(old.key_id, old.wrapped, b"c") == old.dek
    assert rotated.wrap(Wrapping.DATA, b"c").key_id == "data.2"
    assert rotated.wrap(Wrapping.PRIVATE, b"c").key_id == "private.1"


def test_a_data_key_moves_to_the_new_key_unchanged(directory, keys):
    old = keys.wrap(Wrapping.PRIVATE, b"c")
    rotated = FileKeys.rotate(directory, Wrapping.PRIVATE)
    new = rotated.rewrap(old.key_id, old.wrapped, b"c")
    assert (new.key_id, new.dek) == ("private.2", old.dek)
    (directory / "private.1.key").unlink()
    later = FileKeys(directory)
    assert later.unwrap(new.key_id, new.wrapped, b"c") == old.dek
    with pytest.raises(KeyMissing, match=r"private\.1"):
        later.unwrap(old.key_id, old.wrapped, b"c")


def test_one_message_has_a_different_mac_for_every_purpose(keys):
    macs = {keys.mac(purpose, b"same") for purpose in Mac}
    assert len(macs) == len(Mac)
    assert {len(mac) for mac in macs} == {32}


def test_macs_stay_the_same_when_the_process_starts_again(directory, keys):
    assert FileKeys(directory).mac(Mac.INTERVIEW_ID, b"x") == keys.mac(Mac.INTERVIEW_ID, b"x")


def test_macs_survive_a_rotation_of_the_wrapping_keys(directory, keys):
    assert FileKeys.rotate(directory, Wrapping.DATA).mac(Mac.LOOKUP, b"x") == keys.mac(Mac.LOOKUP, b"x")


def test_a_signature_verifies_under_the_public_key(keys):
    Ed25519PublicKey.from_public_bytes(keys.public_key()).verify(keys.sign(b"root"), b"root")


def test_no_key_shows_in_a_repr(directory, keys):
    wrapped = keys.wrap(Wrapping.DATA, b"c")
    shown = repr(keys) + str(keys) + repr(wrapped) + str(wrapped) + f"{wrapped}"
    secrets = [path.read_bytes() for path in directory.iterdir()] + [wrapped.dek]
    for secret in secrets:
        assert secret.hex() not in shown
        assert repr(secret)[2:-1] not in shown
