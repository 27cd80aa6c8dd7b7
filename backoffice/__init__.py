"""Any back office on the Django admin: wiring and machinery, not one HR word.

Every write is an operation. From what is written to what is seen:

- `models`, `rules`, `search`, `tree`, `links`, `cascades`: what a model of the back office is made of;
- `operations`: planned, recorded row by row and undone, as sets; `background`: those too long for a request;
- `exchange`, `imports`: files in and out as operations;
- `access`, `security`, `privacy`: who may what, what leaves a trace, what is held about people;
- `admin`, `chart`, `dashboard`, `site`: the pages. None of the above imports them;
- `settings`, `env`, `databases`, `sql`, `replica`, `serving`, `backups`: how it runs.
"""
