"""Tavily on a laptop: POST /search and /extract as the real service has them, over sample news.

`python -m finq_local.tavily` listens on FINQ_TAVILY_PORT (default 8792); clients get
`FINQ_TAVILY_URL=http://127.0.0.1:8792` and any key that begins with `tvly-`. The items in `news.json` are
authored samples under reserved `example.org` hosts: nothing in them is real news. `PUT /_standin/items` adds a list
of such items, DELETE takes them away again.
"""
