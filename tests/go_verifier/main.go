// Verifies a published ledger with none of the code that published it: Go's own checksum-database packages
// golang.org/x/mod/sumdb/note and golang.org/x/mod/sumdb/tlog read the static files of c2sp.org/tlog-tiles.
//
//	go run main.go <folder> <vkey> [<older checkpoint file>]
//
// Every entry and every tile is read. The exit status is 0 only if all of it holds together.
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	tileHeight = 8
	tileWidth  = 1 << tileHeight
	// An inclusion proof is also built and checked on its own for every so many-th entry, and for the last.
	proofEvery = 1000
)

func main() {
	if len(os.Args) < 3 || len(os.Args) > 4 {
		fmt.Fprintln(os.Stderr, "usage: main <folder> <vkey> [<older checkpoint file>]")
		os.Exit(2)
	}
	older := ""
	if len(os.Args) == 4 {
		older = os.Args[3]
	}
	if err := verify(os.Args[1], os.Args[2], older); err != nil {
		fmt.Fprintln(os.Stderr, "REFUSED:", err)
		os.Exit(1)
	}
}

func verify(folder, vkey, olderFile string) error {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return fmt.Errorf("verifier key: %w", err)
	}
	tree, err := openCheckpoint(filepath.Join(folder, "checkpoint"), verifier)
	if err != nil {
		return err
	}
	fmt.Printf("checkpoint of %s: %d entries, root %s\n", verifier.Name(), tree.N, tree.Hash)
	if tree.N == 0 {
		if tree.Hash != tlog.Hash(sha256.Sum256(nil)) {
			return errors.New("the root of an empty log is not the hash of nothing")
		}
	} else {
		reader := tlog.TileHashReader(tree, published{folder})
		if err := verifyEntries(folder, tree, reader); err != nil {
			return err
		}
	}
	if olderFile != "" {
		if err := verifyOlder(folder, olderFile, tree, verifier); err != nil {
			return err
		}
	}
	fmt.Println("OK")
	return nil
}

// openCheckpoint verifies the note and reads the three lines of c2sp.org/tlog-checkpoint.
func openCheckpoint(file string, verifier note.Verifier) (tlog.Tree, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return tlog.Tree{}, err
	}
	opened, err := note.Open(data, note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, fmt.Errorf("checkpoint: %w", err)
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[3] != "" {
		return tlog.Tree{}, errors.New("checkpoint: not three lines")
	}
	if lines[0] != verifier.Name() {
		return tlog.Tree{}, fmt.Errorf("checkpoint: origin %q is not the key's name %q", lines[0], verifier.Name())
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != lines[1] {
		return tlog.Tree{}, errors.New("checkpoint: malformed size")
	}
	root, err := base64.StdEncoding.Strict().DecodeString(lines[2])
	if err != nil || len(root) != tlog.HashSize {
		return tlog.Tree{}, errors.New("checkpoint: malformed root")
	}
	var hash tlog.Hash
	copy(hash[:], root)
	return tlog.Tree{N: size, Hash: hash}, nil
}

// verifyEntries reads every bundle, compares each entry's leaf with the one the authenticated tiles hold, and then
// computes every tile of every level from the entries and compares it with the published file.
func verifyEntries(folder string, tree tlog.Tree, reader tlog.HashReader) error {
	leaves := make([]tlog.Hash, 0, tree.N)
	for begin := int64(0); begin < tree.N; begin += tileWidth {
		width := tree.N - begin
		if width > tileWidth {
			width = tileWidth
		}
		entries, err := readBundle(folder, begin/tileWidth, int(width))
		if err != nil {
			return err
		}
		indexes := make([]int64, width)
		for i := range indexes {
			indexes[i] = tlog.StoredHashIndex(0, begin+int64(i))
		}
		authenticated, err := reader.ReadHashes(indexes)
		if err != nil {
			return fmt.Errorf("entries from %d: %w", begin, err)
		}
		for i, entry := range entries {
			leaf := tlog.RecordHash(entry)
			if leaf != authenticated[i] {
				return fmt.Errorf("entry %d is not the one in the tree", begin+int64(i))
			}
			leaves = append(leaves, leaf)
		}
	}
	for index := int64(0); index < tree.N; index++ {
		if index%proofEvery != 0 && index != tree.N-1 {
			continue
		}
		proof, err := tlog.ProveRecord(tree.N, index, reader)
		if err != nil {
			return err
		}
		if err := tlog.CheckRecord(proof, tree.N, tree.Hash, index, leaves[index]); err != nil {
			return fmt.Errorf("inclusion of entry %d: %w", index, err)
		}
	}
	tiles, err := compareTiles(folder, leaves)
	if err != nil {
		return err
	}
	fmt.Printf("%d entries and %d tiles read\n", len(leaves), tiles)
	return nil
}

func readBundle(folder string, index int64, width int) ([][]byte, error) {
	path := tilePath("entries", index, width)
	data, err := os.ReadFile(filepath.Join(folder, path))
	if err != nil {
		return nil, err
	}
	entries := make([][]byte, 0, width)
	for len(data) > 0 {
		if len(data) < 2 || len(data)-2 < int(binary.BigEndian.Uint16(data)) {
			return nil, fmt.Errorf("%s: cut off", path)
		}
		end := 2 + int(binary.BigEndian.Uint16(data))
		entries = append(entries, data[2:end])
		data = data[end:]
	}
	if len(entries) != width {
		return nil, fmt.Errorf("%s: %d entries instead of %d", path, len(entries), width)
	}
	return entries, nil
}

// compareTiles returns the number of tiles compared.
func compareTiles(folder string, hashes []tlog.Hash) (int, error) {
	count := 0
	for level := 0; len(hashes) > 0; level++ {
		var above []tlog.Hash
		for begin := 0; begin < len(hashes); begin += tileWidth {
			end := begin + tileWidth
			if end > len(hashes) {
				end = len(hashes)
			}
			var expected []byte
			for _, hash := range hashes[begin:end] {
				expected = append(expected, hash[:]...)
			}
			path := tilePath(strconv.Itoa(level), int64(begin/tileWidth), end-begin)
			data, err := os.ReadFile(filepath.Join(folder, path))
			if err != nil {
				return count, err
			}
			if !bytes.Equal(data, expected) {
				return count, fmt.Errorf("%s does not follow from the entries", path)
			}
			count++
			if end-begin == tileWidth {
				above = append(above, fold(hashes[begin:end]))
			}
		}
		hashes = above
	}
	return count, nil
}

// fold combines a full tile's 256 hashes into the one of the level above.
func fold(hashes []tlog.Hash) tlog.Hash {
	if len(hashes) == 1 {
		return hashes[0]
	}
	half := len(hashes) / 2
	return tlog.NodeHash(fold(hashes[:half]), fold(hashes[half:]))
}

func verifyOlder(folder, olderFile string, tree tlog.Tree, verifier note.Verifier) error {
	older, err := openCheckpoint(olderFile, verifier)
	if err != nil {
		return fmt.Errorf("older %w", err)
	}
	if older.N > tree.N {
		return fmt.Errorf("the log shrank from %d to %d entries", older.N, tree.N)
	}
	if older.N > 0 {
		proof, err := tlog.ProveTree(tree.N, older.N, tlog.TileHashReader(tree, published{folder}))
		if err != nil {
			return err
		}
		if err := tlog.CheckTree(proof, tree.N, tree.Hash, older.N, older.Hash); err != nil {
			return fmt.Errorf("the older checkpoint is not a prefix: %w", err)
		}
	}
	fmt.Printf("consistent with the checkpoint at %d entries\n", older.N)
	return nil
}

// published reads tiles from the folder; it implements tlog.TileReader.
type published struct{ folder string }

func (p published) Height() int { return tileHeight }

func (p published) SaveTiles([]tlog.Tile, [][]byte) {}

func (p published) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(tiles))
	for i, tile := range tiles {
		content, err := os.ReadFile(filepath.Join(p.folder, tilePath(strconv.Itoa(tile.L), tile.N, tile.W)))
		if err != nil {
			return nil, err
		}
		data[i] = content
	}
	return data, nil
}

// tilePath writes a path of c2sp.org/tlog-tiles, which lacks the tile height that tlog.Tile.Path has.
func tilePath(level string, index int64, width int) string {
	number := fmt.Sprintf("%03d", index%1000)
	for rest := index / 1000; rest > 0; rest /= 1000 {
		number = fmt.Sprintf("x%03d/%s", rest%1000, number)
	}
	if width != tileWidth {
		number += fmt.Sprintf(".p/%d", width)
	}
	return "tile/" + level + "/" + number
}
