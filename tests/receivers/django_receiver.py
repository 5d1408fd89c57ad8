"""Receives Infocaller's events and queries with Django.

Run: INFOCALLER_PASSWORD=3956 python django_receiver.py runserver --noreload 8000
"""

import sys

from django.conf import settings
from django.core.management import execute_from_command_line
from django.http import HttpResponse
from django.urls import re_path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from documents import respond

settings.configure(DEBUG=False, SECRET_KEY="only for this file", ROOT_URLCONF=__name__, ALLOWED_HOSTS=["127.0.0.1"])


@csrf_exempt
@require_POST
def receive(request):
    # The raw body, before anything asks for request.POST: that would decode ISO-8859-1 as UTF-8
    status, content_type, body = respond(request.body)
    return HttpResponse(body, content_type=content_type, status=status)


urlpatterns = [re_path("", receive)]

if __name__ == "__main__":
    execute_from_command_line(sys.argv)
