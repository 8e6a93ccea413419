"""What is held and traded: the account state, what contracts imply, and the JSON documents.

This package knows nothing of policies. `state` holds the immutable records, `contracts` the facts that follow
from a contract alone (notional, profit and loss), `fields` which names a document may carry, `documents` reads
the JSON form.
"""
