"""What `make` asks of the programs, without running them."""

import subprocess
from pathlib import Path

HERE = Path(__file__).parents[3]


def test_make_key_makes_a_customers_key_too() -> None:
    command = ["make", "--dry-run", "key", "MERCHANT=acme", "ROLE=customer", "CUSTOMER=lilei"]

    asked = subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=True).stdout

    assert 'api.keys --merchant "acme" --role "customer" --customer "lilei"' in asked
