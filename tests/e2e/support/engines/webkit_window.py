#!/usr/bin/python3
"""A browser window for WebKitWebDriver with its storage in the directory that is its argument. MiniBrowser's automated
windows keep nothing. WebKitGTK has no private file system (OPFS) that a worker can write, which Safari has."""

import sys

import gi

gi.require_version("Gtk", "3.0")
gi.require_version("WebKit2", "4.1")
from gi.repository import Gtk, WebKit2

place = sys.argv[1]
storage = WebKit2.WebsiteDataManager(base_data_directory=f"{place}/data", base_cache_directory=f"{place}/cache")
storage.set_tls_errors_policy(WebKit2.TLSErrorsPolicy.IGNORE)
context = WebKit2.WebContext.new_with_website_data_manager(storage)
context.set_automation_allowed(True)


def open_view(_session):
    view = WebKit2.WebView(web_context=context, is_controlled_by_automation=True)
    window = Gtk.Window(default_width=1280, default_height=900)
    window.add(view)
    window.show_all()
    view.connect("close", lambda _view: window.destroy())
    return view


def automate(_context, session):
    about = WebKit2.ApplicationInfo()
    about.set_name("Pennybatch")
    about.set_version(WebKit2.get_major_version(), WebKit2.get_minor_version(), WebKit2.get_micro_version())
    session.set_application_info(about)
    session.connect("create-web-view", open_view)


context.connect("automation-started", automate)
Gtk.main()
