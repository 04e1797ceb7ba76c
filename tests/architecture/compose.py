"""docker-compose.yml as compose reads it, with the variables of a test filled in."""

import re
import secrets
from pathlib import Path

import yaml

BASE_DIR = Path(__file__).resolve().parents[2]
GIVEN = {
    "SITE_HOST": "connect.example",
    "SECRET_KEY": secrets.token_urlsafe(48),
    "POSTGRES_PASSWORD": "database-password",
    "REDIS_PASSWORD": "redis-password",
    "EMAIL_URL": "smtp://127.0.0.1:25",
}


def services() -> dict:
    """The services by name."""
    text = (BASE_DIR / "docker-compose.yml").read_text()
    return interpolated(yaml.safe_load(text))["services"]


def interpolated(node):
    """${NAME:?…} and ${NAME:-default} in every string, as compose replaces them; $$ is a dollar."""

    def value(match: re.Match) -> str:
        name, operator, rest = match.groups()
        return GIVEN.get(name) or (rest if operator == ":-" else "")

    if isinstance(node, dict):
        return {key: interpolated(child) for key, child in node.items()}
    if isinstance(node, list):
        return [interpolated(child) for child in node]
    if isinstance(node, str):
        return re.sub(r"\$\{(\w+)(:[-?])([^}]*)\}", value, node).replace("$$", "$")
    return node
