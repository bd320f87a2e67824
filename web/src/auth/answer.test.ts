import { describe, expect, it } from 'vitest';
import { meansNobody, readAnswer } from './answer';

function answerAt(address: string) {
  window.history.replaceState(null, '', address);
  return readAnswer(window.location, (state) => state === 's');
}

describe('readAnswer', () => {
  it.each(['/', '/#chapter', '/#state=s', '/#code=c', '/notes?code=c&state=s', '/notes?error=e&state=s', '/?code=c&state=s'])('finds none in %s', (address) => {
    expect(answerAt(address)).toBeUndefined();
  });

  it('reads the issuer, and leaves the code to keycloak-js', () => {
    expect(answerAt('/#state=s&session_state=x&iss=http%3A%2F%2Flocalhost%3A8080%2Frealms%2Fdemo&code=c')).toEqual({ issuer: 'http://localhost:8080/realms/demo' });
  });

  it('reads a refusal', () => {
    expect(answerAt('/#error=invalid_request&error_description=Missing+parameter&state=s')).toEqual({
      refusal: { error: 'invalid_request', error_description: 'Missing parameter' },
    });
  });

  it('reads a refusal in the query, too', () => {
    expect(answerAt('/?error=access_denied&state=s')).toEqual({ refusal: { error: 'access_denied' } });
    expect(answerAt('/?error=access_denied&state=other')).toBeUndefined();
    expect(answerAt('/?error=access_denied')).toBeUndefined();
  });

  it.each(['/#state=other&code=c', '/#state=&code=c', '/#state=other&error=x&error_description=Call+this+number', '/#state=other&code=c&iss=Call'])('reads nothing of an answer to another login: %s', (address) => {
    expect(answerAt(address)).toBe('foreign');
  });

  it('reads what became of an action', () => {
    expect(answerAt('/#state=s&code=c&kc_action_status=cancelled&kc_action=UPDATE_PASSWORD')).toEqual({ outcome: { action: 'UPDATE_PASSWORD', status: 'cancelled' } });
    expect(answerAt('/#state=s&code=c&kc_action_status=other')).toEqual({});
  });
});

it('tells "nobody" from a refusal', () => {
  expect(meansNobody({ error: 'login_required' })).toBe(true);
  expect(meansNobody({ error: 'interaction_required' })).toBe(true);
  expect(meansNobody({ error: 'unauthorized_client' })).toBe(false);
});
