"""A checkpoint is believed only in its exact form and under the log's own key."""

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from portal.audit import checkpoint
from portal.audit.checkpoint import Checkpoint
from portal.errors import Tampered

SIGNER = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(32))
PUBLIC = SIGNER.public_key().public_bytes_raw()
ORIGIN = "portal.example/audit/2026h2"
VKEY = checkpoint.verifier_key(ORIGIN, PUBLIC)
HEAD = Checkpoint(ORIGIN, 42, hashlib.sha256(b"root").digest())
NOTE = checkpoint.write(HEAD, PUBLIC, SIGNER.sign)


def test_a_signed_checkpoint_is_believed():
    assert checkpoint.verify(NOTE, VKEY) == HEAD


def test_the_note_is_written_as_the_specification_says():
    root = base64.b64encode(HEAD.root).decode()
    text, signature = NOTE.split("\n\n")
    assert text == f"{ORIGIN}\n42\n{root}"
    dash, name, blob = signature.rstrip("\n").split(" ")
    assert (dash, name) == ("—", ORIGIN)
    raw = base64.b64decode(blob)
    assert raw[:4] == hashlib.sha256(ORIGIN.encode() + b"\n\x01" + PUBLIC).digest()[:4]
    SIGNER.public_key().verify(raw[4:], f"{text}\n".encode())


def test_the_published_example_of_a_verifier_key_is_read():
    # The example key of golang.org/x/mod/sumdb/note, whose format this is.
    name, public = checkpoint.parse_verifier_key("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    assert (name, len(public)) == ("PeterNeumann", 32)


def test_the_published_example_of_a_signed_note_holds():
    # The text is the one signed in golang.org/x/mod/sumdb/note's own documentation.
    text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
    line = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
    name, public = checkpoint.parse_verifier_key("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    signature = checkpoint._signature(line)
    assert (signature.name, signature.key_id) == (name, checkpoint.key_id(name, public))
    checkpoint.Ed25519PublicKey.from_public_bytes(public).verify(signature.signature, text.encode())


def test_another_key_of_the_same_name_is_not_believed():
    note = checkpoint.write(HEAD, OTHER.public_key().public_bytes_raw(), OTHER.sign)
    with pytest.raises(Tampered):
        checkpoint.verify(note, VKEY)


def test_a_forged_signature_under_the_right_key_id_is_not_believed():
    note = checkpoint.write(HEAD, PUBLIC, OTHER.sign)
    with pytest.raises(Tampered, match="does not hold"):
        checkpoint.verify(note, VKEY)


def test_another_logs_checkpoint_is_not_believed():
    elsewhere = Checkpoint("portal.example/audit/2027h1", 42, HEAD.root)
    with pytest.raises(Tampered):
        checkpoint.verify(checkpoint.write(elsewhere, PUBLIC, SIGNER.sign), VKEY)


def test_a_witness_line_beside_ours_is_ignored_and_a_second_of_ours_is_not():
    witness = checkpoint.write(Checkpoint("w.example", 42, HEAD.root), PUBLIC, OTHER.sign).split("\n\n")[1]
    assert checkpoint.verify(NOTE + witness, VKEY) == HEAD
    with pytest.raises(Tampered):
        checkpoint.verify(NOTE + NOTE.split("\n\n")[1], VKEY)


@pytest.mark.parametrize(
    "edit",
    [
        lambda note: note.replace("\n42\n", "\n43\n"),
        lambda note: note.replace("\n42\n", "\n042\n"),
        lambda note: note.replace("\n42\n", "\n+42\n"),
        lambda note: note.replace("\n42\n", "\n٤٢\n"),
        lambda note: note.replace("\n42\n", "\n42\nextension\n"),
        lambda note: note.replace(ORIGIN, "portal.example/audit/2026h1", 1),
        lambda note: note.removesuffix("\n"),
        lambda note: note + "\n",
        lambda note: note.split("\n\n")[0] + "\n\n",
        lambda note: note.replace("—", "-"),
        lambda note: note.replace("=\n\n", "\n\n"),
        lambda note: note.replace("\n", "\r\n"),
        lambda note: "",
        lambda note: note[:-10] + "\n",
    ],
)
def test_any_edit_is_refused(edit):
    changed = edit(NOTE)
    assert changed != NOTE
    with pytest.raises(Tampered):
        checkpoint.verify(changed, VKEY)


def test_every_single_flipped_character_is_refused():
    for position in range(len(NOTE)):
        flipped = NOTE[:position] + chr(ord(NOTE[position]) ^ 1) + NOTE[position + 1 :]
        with pytest.raises(Tampered):
            checkpoint.verify(flipped, VKEY)


@pytest.mark.parametrize("vkey", ["", "a+b", f"{ORIGIN}+00000000+" + VKEY.rsplit("+", 1)[1], VKEY[:-4], "a b+c+d"])
def test_a_verifier_key_that_does_not_fit_its_id_is_refused(vkey):
    with pytest.raises(Tampered):
        checkpoint.parse_verifier_key(vkey)


@pytest.mark.parametrize("origin", ["", "with space", "with+plus", "line\nbreak"])
def test_an_origin_that_cannot_be_signed_is_refused(origin):
    with pytest.raises(ValueError, match="origin"):
        checkpoint.write(Checkpoint(origin, 1, HEAD.root), PUBLIC, SIGNER.sign)
