"""The servers that the other tests stand on do what those take for granted."""

import pytest

from tests.deploy.cluster import until

pytestmark = pytest.mark.deploy


def test_a_replica_follows_and_takes_over(primary):
    with primary.replica() as replica:
        primary.ask("CREATE TABLE word (text text)")
        until(lambda: primary.caught_up(replica), "The replica does not follow.")
        primary.kill()
        replica.promote()
        replica.ask("INSERT INTO word VALUES ('after')")
        assert replica.ask("SELECT text FROM word") == [("after",)]
    primary.start()
    assert primary.ask("SELECT text FROM word") == []
