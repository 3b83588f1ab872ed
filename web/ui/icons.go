package ui

import (
	"maps"
	"slices"
)

// Icons lists the names that Icon knows.
func Icons() []string { return slices.Sorted(maps.Keys(strokes)) }

// strokes are the drawings of Icon on a 24 × 24 grid, one path each, drawn in the colour of the text.
var strokes = map[string]string{
	"home":        "M4 11l8-7 8 7v8a1 1 0 0 1-1 1h-4v-6H9v6H5a1 1 0 0 1-1-1z",
	"group":       "M4 5h7v6H4zM13 5h7v6h-7zM4 13h7v6H4zM13 13h7v6h-7z",
	"policy":      "M12 3l7 3v5c0 4.5-3 8-7 10-4-2-7-5.5-7-10V6zM9 12l2 2 4-4",
	"share":       "M6 9.500a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5zM17.5 3.500a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5zM17.5 15.500a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5zM8.2 10.900l7-3.700M8.2 13.100l7 3.7",
	"book":        "M12 6.500c-2-1.500-4.700-2-8-2v13c3.300 0 6 .500 8 2 2-1.500 4.700-2 8-2v-13c-3.300 0-6 .500-8 2zM12 6.500v13",
	"partners":    "M4 20V6l7-3v17M11 9l9 2v9M3 20h18M7 9v.01M7 13v.01M15 14v.01M15 17v.01",
	"staff":       "M9 4.500a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7zM3 20c0-3.5 2.5-5.5 6-5.500s6 2 6 5.500M16 5a3.5 3.5 0 0 1 0 6.500M17.5 14.800c2.2.6 3.5 2.4 3.5 5.2",
	"audit":       "M5 4h10l4 4v12H5zM14 4v5h5M9 13h6M9 16.500h4",
	"mail":        "M4 6h16v12H4zM4 7l8 6 8-6",
	"account":     "M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM4.5 20.500c.5-4 3.5-6 7.5-6s7 2 7.5 6",
	"chip":        "M7 7h10v10H7zM10 3v4M14 3v4M10 17v4M14 17v4M3 10h4M3 14h4M17 10h4M17 14h4",
	"menu":        "M4 7h16M4 12h16M4 17h16",
	"plus":        "M12 5v14M5 12h14",
	"filter":      "M4 6h16M7 12h10M10 18h4",
	"sort":        "M8 10l4-4 4 4M8 14l4 4 4-4",
	"sort-asc":    "M6 14l6-6 6 6",
	"sort-desc":   "M6 10l6 6 6-6",
	"download":    "M12 4v11M7 11l5 5 5-5M4 20h16",
	"check":       "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM8 12.500l2.7 2.700L16 9.5",
	"clock":       "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 7.500V12l3 2",
	"warn":        "M12 4l9 16H3zM12 10v4.500M12 17.300v.01",
	"error":       "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 7.500v5.500M12 16.300v.01",
	"info":        "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 11v5.500M12 7.700v.01",
	"close":       "M6 6l12 12M18 6L6 18",
	"external":    "M9 5H5v14h14v-4M13 5h6v6M19 5l-9 9",
	"globe":       "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM3 12h18M12 3c3 2.5 4 5.5 4 9s-1 6.5-4 9c-3-2.5-4-5.5-4-9s1-6.5 4-9z",
	"lock":        "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
	"back":        "M15 6l-6 6 6 6",
	"next":        "M9 6l6 6-6 6",
	"more":        "M6 12v.01M12 12v.01M18 12v.01",
	"inbox":       "M4 13l3-8h10l3 8v6H4zM4 13h5c0 2 1.3 3 3 3s3-1 3-3h5",
	"software":    "M4 5h16v14H4zM4 9h16M8 12.5l2 2-2 2M12.5 16.5h3.5",
	"device":      "M7 3h10v18H7zM11 18h2",
	"key":         "M8 11a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM11 12l8-8M16 7l3 3M14 9l2 2",
	"certificate": "M4 5h16v10H4zM8 9h5M8 12h3M15 12.500a2 2 0 1 0 .01 0zM13.800 16v5l1.7-1.200L17.200 21v-5",
	"search":      "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM16 16l5 5",
}
