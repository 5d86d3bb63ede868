"""The texts that are shipped."""

import json
from pathlib import Path

from domain.explain.messages import Catalogue

LOCALES = Path(__file__).parents[3] / "locales"
CATALOGUE = Catalogue({path.stem: json.loads(path.read_text(encoding="utf-8")) for path in LOCALES.glob("*.json")})
