"""Numbers of people by reason, as several answers have them."""

from shared.contracts.api.view import View


class CountView(View):
    """So many people for one reason."""

    reason: str
    text: str
    people: int
