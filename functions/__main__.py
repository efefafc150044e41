"""`python -m functions` writes the OpenAPI description, as `docs/openapi.json` has it."""

import json
import sys

from functions.operator_api import describe_api

sys.stdout.write(json.dumps(describe_api(), indent=2, ensure_ascii=False) + "\n")
