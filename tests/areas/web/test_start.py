"""Which settings the portal starts with, and which it refuses, naming the one that is wrong."""

import pytest

from config import from_environment
from portal.errors import KeyMissing, KeyUnsafe
from portal.keys import FileKeys

PRODUCTION = {
    "PORTAL_ENV": "production",
    "SECRET_KEY": "Zk3vQ1m9Xr7Tt0LwYc5Hs8Bn2Jd4Fg6PaUe",
    "PUBLIC_URL": "https://data.example.org",
    "DATABASE_URL": "postgresql://portal@db/portal",
    "REDIS_URL": "redis://queue:6379/0",
    "SMTP_URL": "smtp://mail:25",
}
WEAK = {
    "SECRET_KEY": ("", "short", "s" * 64, "change-me" * 4),
    "PUBLIC_URL": ("", "http://data.example.org", "http://localhost:8000", "https://", "data.example.org"),
    "DATABASE_URL": ("", "sqlite:///portal.sqlite3"),
    "REDIS_URL": ("",),
    "SMTP_URL": ("", "mail:25", "http://mail", "smtp://portal:secret@mail:25"),
    "PORTAL_ENV": ("Production", "prod", "staging"),
    "PROXY_HOPS": ("-1", "one"),
    "UPLOAD_LIMIT": ("10GB",),
}


def test_production_starts_with_every_setting_given(tmp_path):
    settings = from_environment({**PRODUCTION, "PORTAL_INSTANCE": str(tmp_path)})
    assert settings.production
    assert not settings.demo
    assert not settings.insecure_transport


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in WEAK.items() for value in values])
def test_production_refuses_a_weak_setting_by_its_name(tmp_path, name, value):
    environ = {**PRODUCTION, "PORTAL_INSTANCE": str(tmp_path), name: value}
    with pytest.raises(ValueError, match=f"^{name}: "):
        from_environment({key: said for key, said in environ.items() if said})


def test_production_takes_no_secret_from_a_file_beside_it(tmp_path):
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "session.secret").write_text(PRODUCTION["SECRET_KEY"])
    environ = {**PRODUCTION, "PORTAL_INSTANCE": str(tmp_path), "SECRET_KEY": ""}
    with pytest.raises(ValueError, match=r"^SECRET_KEY: "):
        from_environment(environ)


@pytest.mark.parametrize("url", ["http://portal.example", "http://192.168.1.2:8000", "http://0.0.0.0:8000"])
def test_plain_http_is_for_this_machine_only(tmp_path, url):
    with pytest.raises(ValueError, match=r"^PUBLIC_URL: "):
        from_environment({"PORTAL_INSTANCE": str(tmp_path), "SECRET_KEY": PRODUCTION["SECRET_KEY"], "PUBLIC_URL": url})


def test_keys_are_made_for_their_owner_alone_and_refused_when_others_may_look(tmp_path):
    folder = tmp_path / "keys"
    FileKeys.create(folder)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    (folder / "data.1.key").chmod(0o640)
    with pytest.raises(KeyUnsafe):
        FileKeys(folder)
    (folder / "data.1.key").unlink()
    with pytest.raises(KeyMissing):
        FileKeys(folder)
