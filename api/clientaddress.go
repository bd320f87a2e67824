package api

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// trustedProxies are the networks whose X-Forwarded-For is believed.
type trustedProxies []netip.Prefix

func parseProxies(networks []string) (trustedProxies, error) {
	proxies := make(trustedProxies, len(networks))
	for i, network := range networks {
		var err error
		if proxies[i], err = netip.ParsePrefix(network); err != nil {
			return nil, err
		}
	}
	return proxies, nil
}

// clientOf returns who is calling: whoever is connected, or where that is a trusted proxy, whom it names. Each proxy adds to the
// end of X-Forwarded-For, so what is nearest to the end and no proxy of ours is the client: anything before it may be made up.
func (t trustedProxies) clientOf(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	if len(t) == 0 || !t.contain(host) {
		return host
	}
	hops := strings.Split(strings.Join(r.Header["X-Forwarded-For"], ","), ",")
	for _, hop := range slices.Backward(hops) {
		hop = strings.TrimSpace(hop)
		address, err := plainAddress(hop)
		switch {
		case hop == "":
		case err != nil:
			return host // who wrote that is not to be believed, nor is what stands before it
		case !t.contain(hop):
			return address.String()
		}
	}
	return host
}

func (t trustedProxies) contain(host string) bool {
	address, err := plainAddress(host)
	return err == nil && slices.ContainsFunc(t, func(p netip.Prefix) bool { return p.Contains(address) })
}

// plainAddress reads an address in the one form that networks are compared with: IPv4 not inside IPv6, and without a zone.
func plainAddress(text string) (netip.Addr, error) {
	address, err := netip.ParseAddr(text)
	return address.Unmap().WithZone(""), err
}
