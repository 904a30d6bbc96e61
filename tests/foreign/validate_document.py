"""Validates OpenAPI documents against the specification's own schema."""

import sys

import requests
from openapi_spec_validator import OpenAPIV31SpecValidator

for url in sys.argv[1:]:
    errors = list(OpenAPIV31SpecValidator(requests.get(url, timeout=60).json()).iter_errors())
    assert not errors, f"{url}: {errors}"
