"""Sessions as they are after signing in through the page."""

import time

from allauth.account.internal.flows import login
from django.contrib.auth import SESSION_KEY


def show_who_it_is(client):
    """As if the person had just typed the password: what is asked before anything grave."""
    session = client.session
    session[login._AUTHENTICATION_METHODS_USER_SESSION_KEY] = session[SESSION_KEY]
    session[login.AUTHENTICATION_METHODS_SESSION_KEY] = [{"method": "password", "at": time.time()}]
    session.save()
    return client
