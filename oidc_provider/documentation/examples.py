"""The example sites of docs/partners/examples: whole files, shown as they are.

The image of the service carries that folder (.dockerignore), since the pages read it.
"""

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _

from ncconnect.config import BASE_DIR

FOLDER = BASE_DIR / "docs" / "partners" / "examples"


@dataclass(frozen=True)
class Example:
    """``folder``: also the last part of its address. ``start``: what to type in that folder.

    ``tried``: the versions with which a person was signed in and out, and ``suite``: whether the
    test suite does so at each run.
    """

    folder: str
    name: str
    stack: str
    what: Any
    files: tuple[str, ...]
    start: str
    tried: str
    suite: bool = False
    home: str = ""

    @property
    def reads_secret_key(self) -> bool:
        """Whether it needs SITE_SECRET_KEY: a variable that nothing reads misleads."""
        return any("SITE_SECRET_KEY" in text for _name, text in self.shown)

    @property
    def shown(self) -> list[tuple[str, str]]:
        """Each file: its name and its text."""
        return [(name, read(self.folder, name)) for name in (*self.files, "client.json")]


EXAMPLES = (
    Example(
        "python-flask",
        "Flask (Python)",
        "Authlib",
        _("Un petit site d’un seul fichier."),
        ("app.py", "requirements.txt"),
        "pip install -r requirements.txt\nflask --app app run --port 5001",
        "Python 3.11, Flask 3.1.3, Authlib 1.9.9",
        suite=True,
        home="http://localhost:5001/",
    ),
    Example(
        "python-django",
        "Django (Python)",
        "mozilla-django-oidc",
        _("Une connexion pour un site Django, et ce que la bibliothèque laisse à votre charge."),
        ("nc_connect.py", "site_settings.py", "site_urls.py", "requirements.txt"),
        "pip install -r requirements.txt\n"
        "export DJANGO_SETTINGS_MODULE=site_settings\n"
        "django-admin migrate --pythonpath .\n"
        "django-admin runserver --pythonpath . localhost:5002",
        "Python 3.11, Django 5.2, mozilla-django-oidc 5.0.2",
        suite=True,
        home="http://localhost:5002/",
    ),
    Example(
        "javascript",
        "Node (JavaScript)",
        "openid-client",
        _("Un site sans cadre de développement, avec une bibliothèque certifiée."),
        ("server.mjs", "package.json"),
        "npm install\nnode server.mjs",
        "Node 20, openid-client 6.8",
        suite=True,
        home="http://localhost:5003/",
    ),
    Example(
        "php",
        "PHP",
        "jumbojett/openid-connect-php",
        _("Une page qui se place devant un site PHP sans cadre de développement."),
        ("index.php", "composer.json"),
        "composer install\nphp -S localhost:5004 index.php",
        "PHP 8.2, openid-connect-php 1.0.2, phpseclib 3",
        home="http://localhost:5004/",
    ),
    Example(
        "java-spring",
        "Spring (Java)",
        "Spring Security",
        _("Une application Spring Boot ; presque tout tient dans la configuration."),
        (
            "src/main/java/nc/exemple/Site.java",
            "src/main/resources/application.yml",
            "pom.xml",
        ),
        "mvn package\njava -jar target/exemple-nc-connect-1.jar",
        "Java 17, Spring Boot 3.5.7",
        suite=True,
        home="http://localhost:5005/",
    ),
    Example(
        "apache",
        "Apache",
        "mod_auth_openidc",
        _("Un serveur placé devant une application qui ne connaît pas OpenID Connect."),
        ("ncconnect.conf",),
        "env | grep -E '^(NC|SITE)_' | sed 's/^/export /' >> /etc/apache2/envvars\n"
        "chmod 600 /etc/apache2/envvars\n"
        "cp ncconnect.conf /etc/apache2/conf-available/\n"
        "a2enmod auth_openidc proxy proxy_http rewrite\n"
        "a2enconf ncconnect\n"
        "apachectl configtest && service apache2 restart",
        "Apache 2.4, mod_auth_openidc 2.4.12 (Debian 12)",
        home="http://localhost:5006/espace/",
    ),
)
BY_FOLDER = {example.folder: example for example in EXAMPLES}


@functools.cache
def read(folder: str, name: str) -> str:
    """The text of one file; of no example's folder when ``folder`` is empty."""
    return Path(FOLDER, folder, name).read_text(encoding="utf-8")
