"""Django: `wsgi` and `asgi` are the applications."""

import django
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from shop import PASSWORDS, SEEN, said, status, status_async

from infocaller_cli import DecodeError, SignatureError, answer, answer_async, receive

settings.configure(
    ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="of a test", MIDDLEWARE=["django.middleware.csrf.CsrfViewMiddleware"]
)
django.setup()


@csrf_exempt
def orders(request):
    reply = answer(request.body, status, password=PASSWORDS.get, content_type=request.content_type)
    return HttpResponse(reply.body, reply.content_type, reply.status)


async def orders_async(request):
    reply = await answer_async(request.body, status_async, password=PASSWORDS.get, content_type=request.content_type)
    return HttpResponse(reply.body, reply.content_type, reply.status)


orders_async.csrf_exempt = True  # before Django 5 the decorator knows no async views


@csrf_exempt
def late(request):
    """The form is parsed before: Django keeps the body of a urlencoded one."""
    assert request.POST is not None
    return orders(request)


@csrf_exempt
def events(request):
    url = request.build_absolute_uri()
    try:
        event = receive(request.body, url, password=PASSWORDS.get, content_type=request.headers["Content-Type"], seen=SEEN)
    except (SignatureError, DecodeError) as error:
        return HttpResponse(str(error), status=error.status)
    return HttpResponse(said(event))


urlpatterns = [path("orders", orders), path("mounted", orders_async), path("late", late), path("ev", events)]
wsgi = get_wsgi_application()
asgi = get_asgi_application()
