import * as z from 'zod';
import {
  ClusterResize,
  ClusterSsh,
  ClusterUp,
  ClusterUpReply,
  ClusterView,
  ConnectedAsk,
  ConnectedReply,
} from './messages/clusters.ts';
import { PageQuery, pageOf, queryFlag, queryInt } from './messages/common.ts';
import { Stray, StrayDelete, StraysAsk, StraysReply } from './messages/strays.ts';
import { json, type Route } from './route.ts';

const wait = z.object({ waitMs: queryInt.max(60_000).optional() });

/** Routes of clusters and their machines. */
export const clusterRoutes = {
  clusterUp: {
    method: 'post',
    path: '/v1/clusters',
    role: 'client',
    summary: 'Bring a cluster up',
    body: json(ClusterUp),
    reply: json(ClusterUpReply),
  },
  connected: {
    method: 'post',
    path: '/v1/providers/connected',
    role: 'client',
    summary: 'The clouds for which the caller has credentials',
    body: json(ConnectedAsk),
    reply: json(ConnectedReply),
  },
  clusters: {
    method: 'get',
    path: '/v1/clusters',
    role: 'client',
    summary: 'List clusters',
    query: PageQuery.extend({ all: queryFlag.optional() }),
    reply: json(pageOf(ClusterView)),
  },
  cluster: {
    method: 'get',
    path: '/v1/clusters/{name}',
    role: 'client',
    summary: 'One cluster; with waitMs, answers when it changes',
    query: wait,
    reply: json(ClusterView),
  },
  clusterDown: {
    method: 'delete',
    path: '/v1/clusters/{name}',
    role: 'client',
    summary: 'Take a cluster down; answers when nothing is left',
    query: z.object({ force: queryFlag.optional() }),
    reply: json(ClusterView),
  },
  clusterResize: {
    method: 'post',
    path: '/v1/clusters/{name}/resize',
    role: 'client',
    summary: 'Change the number of its nodes; those that go drain first',
    body: json(ClusterResize),
    reply: json(ClusterView),
  },
  strays: {
    method: 'post',
    path: '/v1/strays',
    role: 'client',
    summary: "List machines with px's labels that no cluster here knows",
    body: json(StraysAsk),
    reply: json(StraysReply),
  },
  strayDelete: {
    method: 'post',
    path: '/v1/strays/delete',
    role: 'client',
    summary: 'Delete one of them',
    body: json(StrayDelete),
    reply: json(Stray),
  },
  clusterKeep: {
    method: 'post',
    path: '/v1/clusters/{name}/keep',
    role: 'client',
    summary: 'Whoever waited for it has seen every node ready: it stays without that caller',
    reply: json(ClusterView),
  },
  clusterSsh: {
    method: 'get',
    path: '/v1/clusters/{name}/ssh',
    role: 'client',
    summary: 'How its nodes are reached by ssh, with their host keys',
    reply: json(ClusterSsh),
  },
} as const satisfies Record<string, Route>;
