"""MiniStack whose user pool and app client get the ids of FINQ_USER_POOL_ID and FINQ_USER_POOL_CLIENT_ID.

Containers get their environment when they are made, so the functions must know the ids before the pool is there,
and keep them when it is made anew. MiniStack draws ids at random and has no setting for them.
"""

import os

from ministack.app import main
from ministack.services import cognito

if not (callable(cognito._pool_id) and callable(cognito._client_id)):
    raise SystemExit("this MiniStack draws its ids elsewhere")
cognito._pool_id = lambda: os.environ["FINQ_USER_POOL_ID"]
cognito._client_id = lambda: os.environ["FINQ_USER_POOL_CLIENT_ID"]
main()
