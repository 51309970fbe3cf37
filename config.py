"""Config: read once from the environment, complete or refusing at start.

There are no hidden defaults in production: every setting that guards somebody must be given.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
MIB = 1024 * 1024
KINDS = ("", "production", "demo")
SMTP = frozenset({"", "smtp", "smtp+starttls", "smtps", "smtps+starttls"})  # the last as it was called before
LEAST_VARIETY = 10  # different characters; 32 that were drawn at random have more


@dataclass(frozen=True, kw_only=True)
class Config:
    """Everything the three processes need to know about where they run."""

    instance: Path
    database_url: str
    redis_url: str
    secret_key: str
    public_url: str = "http://localhost:8000"
    production: bool = False
    demo: bool = False
    upload_limit: int = 512 * MIB
    upload_memory: int = 64 * MIB
    idle_minutes: int = 30
    absolute_hours: int = 12
    lease_seconds: int = 30
    mail_from: str = "4Mi data portal <portal@mixedmigration.example>"
    smtp_url: str = ""
    time_zone: str = "Europe/Copenhagen"
    proxy_hops: int = 0
    clamd: str = ""  # host:port of the antivirus; empty: uploads are kept as "not scanned"

    def __post_init__(self) -> None:
        """Refuse a configuration that could not keep its promises."""
        broken = next((promise for promise, kept in self._promises() if not kept), "")
        if broken:
            raise ValueError(broken)

    def _promises(self) -> Iterator[tuple[str, bool]]:
        local = self.host in LOOPBACK
        yield "SECRET_KEY: at least 32 characters", len(self.secret_key) >= 32
        yield "PUBLIC_URL: an address with a host name, for example https://data.example.org", bool(self.host)
        yield "CLAMD_ADDRESS: host:port, for example localhost:3310", not self.clamd or _has_port(self.clamd)
        yield "PUBLIC_URL: https is required for any host but this machine", local or not self.insecure_transport
        mail = urlsplit(self.smtp_url)
        schemes = ", ".join(sorted(SMTP - {"", "smtps+starttls"}))
        yield f"SMTP_URL: begins with one of {schemes}", mail.scheme in SMTP
        sealed = mail.scheme != "smtp" or not mail.password or mail.hostname in LOOPBACK
        yield "SMTP_URL: a password needs encryption: smtps://… or smtp+starttls://…", sealed
        if not self.production:
            return
        yield "DATABASE_URL: production needs PostgreSQL (postgresql://…)", not self.database_url.startswith("sqlite")
        yield "REDIS_URL: production needs a server for its queue (redis://host:port/0)", bool(self.redis_url)
        yield "SMTP_URL: production must be able to send mail (smtp://host:port)", bool(self.smtp_url)
        yield "PUBLIC_URL: production is served over https", not self.insecure_transport
        drawn = "SECRET_KEY: draw it at random: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"
        yield drawn, len(set(self.secret_key)) >= LEAST_VARIETY

    @property
    def host(self) -> str:
        """The one name the portal answers to."""
        return urlsplit(self.public_url).hostname or ""

    @property
    def insecure_transport(self) -> bool:
        """Plain http, allowed on the loopback interface only."""
        return urlsplit(self.public_url).scheme != "https"

    @property
    def keys_dir(self) -> Path:
        """Secret keys of the embedded default; never in the database, never in a backup of it."""
        return self.instance / "keys"

    @property
    def vault_dir(self) -> Path:
        """Sealed files: uploads, versions, protected files, releases."""
        return self.instance / "vault"

    @property
    def mail_dir(self) -> Path:
        """Where mail goes when no SMTP server is configured."""
        return self.instance / "mail"


def _has_port(address: str) -> bool:
    host, _, port = address.rpartition(":")
    return bool(host) and port.isdecimal()


def instance_of(environ: Mapping[str, str]) -> Path:
    """Return the folder of an environment's instance: its data, keys and logs."""
    return Path(environ.get("PORTAL_INSTANCE", "instance")).resolve()


def from_environment(environ: Mapping[str, str]) -> Config:
    """Read the configuration, naming the first setting that is missing or wrong."""
    instance = instance_of(environ)
    if environ.get("PORTAL_ENV", "") not in KINDS:
        raise ValueError("PORTAL_ENV: production, demo or nothing; a slip here would leave the guards off")
    production = environ.get("PORTAL_ENV", "") == "production"
    secret = environ.get("SECRET_KEY", "") or _secret_of(instance, allowed=not production)
    numbers = {
        name: _number(environ, name.upper())
        for name in ("upload_limit", "upload_memory", "lease_seconds", "proxy_hops")
    }
    return Config(
        instance=instance,
        database_url=environ.get("DATABASE_URL", "") or f"sqlite:///{instance / 'portal.sqlite3'}",
        redis_url=environ.get("REDIS_URL", ""),
        secret_key=secret,
        public_url=environ.get("PUBLIC_URL", "http://localhost:8000"),
        production=production,
        demo=environ.get("PORTAL_ENV", "") == "demo",
        smtp_url=environ.get("SMTP_URL", ""),
        clamd=environ.get("CLAMD_ADDRESS", ""),
        **{name: number for name, number in numbers.items() if number is not None},  # type: ignore[arg-type]
    )


def _secret_of(instance: Path, *, allowed: bool) -> str:
    path = instance / "keys" / "session.secret"
    if not allowed or not path.is_file():
        raise ValueError("SECRET_KEY: not set; run `python -m portal setup` or set it in the environment")
    return path.read_text().strip()


def _number(environ: Mapping[str, str], name: str) -> int | None:
    text = environ.get(name, "")
    if not text:
        return None
    if not text.isdecimal():
        raise ValueError(f"{name}: a whole number, got something else")
    return int(text)
