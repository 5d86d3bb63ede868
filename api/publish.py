"""`python -m api.publish` prints the published document; no server is needed for it."""

import json
import sys

from fastapi import FastAPI

from api.app import ABOUT, with_routes

json.dump(with_routes(FastAPI(**ABOUT)).openapi(), sys.stdout, indent=2, ensure_ascii=False)
