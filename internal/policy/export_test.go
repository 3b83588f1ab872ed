package policy

import (
	"context"

	"portal/internal/policydoc"
)

// Neighbours is what a policy is judged beside.
func (s *Service) Neighbours(ctx context.Context, p Policy) (policydoc.Neighbours, error) {
	return neighbours(ctx, s.db.Read(), p)
}

// BundlePictureOf is a picture as a bundle has it.
var BundlePictureOf = pictured
