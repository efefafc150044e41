"""The compliance tester of PyPI finds nothing to complain of."""

from tests.support.scim_client import SECRET, ScimClient
from tests.support.scim_tester import compliance, failures
from tests.support.stage import a_stage


def test_a_service_provider_as_the_standard_has_it() -> None:
    client = ScimClient(a_stage().world)
    results = compliance(client.service, client.base, SECRET)
    assert failures(results) == []
    assert len(results) > 50
    titles = {title for title, _, _ in results}
    assert {"object_creation", "object_replacement", "object_deletion"} <= titles
