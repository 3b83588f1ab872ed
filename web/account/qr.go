package account

import (
	"errors"
	"fmt"
	"image/color"
	"strings"

	"github.com/boombuler/barcode/qr"
)

// picture is a QR code as the path of an SVG: one stroke for each run of dark
// squares.
type picture struct {
	Size int // squares on each side, the quiet zone included
	Path string
}

// quiet is how many light squares stand around the code (ISO/IEC 18004).
const quiet = 4

// qrCode draws a text. The error does not quote it: it is a secret.
func qrCode(text string) (picture, error) {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return picture{}, errors.New("the QR code cannot be drawn")
	}
	side := code.Bounds().Dx()
	var path strings.Builder
	for y := range side {
		for x := 0; x < side; {
			run := 0
			for x+run < side && code.At(x+run, y) == color.Black {
				run++
			}
			if run > 0 {
				fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", x+quiet, y+quiet, run, run)
			}
			x += run + 1
		}
	}
	return picture{Size: side + 2*quiet, Path: path.String()}, nil
}

// viewBox is the SVG's.
func (p picture) viewBox() string { return fmt.Sprintf("0 0 %d %d", p.Size, p.Size) }
