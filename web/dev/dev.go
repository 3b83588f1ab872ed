package dev

import (
	"net/http"

	"portal/web/page"
	"portal/web/route"
)

// Routes are the gallery's pages. Mount them in development only.
func Routes() []route.Route {
	return []route.Route{
		route.Get("/dev/gallery", route.Anyone, func(w http.ResponseWriter, r *http.Request) error {
			return page.Render(w, r, http.StatusOK, Gallery())
		}),
		route.Get("/dev/gallery/list", route.Anyone, func(w http.ResponseWriter, r *http.Request) error {
			return page.Render(w, r, http.StatusOK, GalleryList())
		}),
	}
}
