#!/bin/sh
# Healthy: the web server answers; of the worker and the clock, the process that was started lives.
set -eu

case $(cat /tmp/tenure/part) in
web)
    exec python -c "
import os, sys, urllib.request
port = os.environ.get('PORT', '8000')
request = urllib.request.Request(f'http://127.0.0.1:{port}/health/live', headers={'Host': 'localhost', 'X-Forwarded-Proto': 'https'})
sys.exit(urllib.request.urlopen(request, timeout=4).status != 200)
"
    ;;
*)
    # The part is process 1: without it there would be no container to ask.
    kill -0 1
    ;;
esac
