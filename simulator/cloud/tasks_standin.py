from __future__ import annotations
import heapq, threading, time, itertools
from concurrent.futures import ThreadPoolExecutor
import requests, grpc
from google.cloud import tasks_v2 as t
from simulator.cloud.service import Method, Refusal
class Tasks:
    name = "cloudtasks"; full_name = "google.cloud.tasks.v2.CloudTasks"
    def __init__(self, universe):
        self.u=universe; self.lock=threading.Condition(); self.heap=[]; self.names=set(); self.n=itertools.count(); self.done=0; self.running=0; self.targets={}
        self.pool=None
    @property
    def methods(self):
        return {"CreateTask": Method(self._create, t.CreateTaskRequest, t.Task)}
    def start(self):
        self.pool=ThreadPoolExecutor(24); threading.Thread(target=self._run,daemon=True).start()
    def _create(self, caller, r):
        caller.demand("cloudtasks.tasks.create", r.parent)
        with self.lock:
            if r.task.name in self.names: raise Refusal(grpc.StatusCode.ALREADY_EXISTS,"exists")
            self.names.add(r.task.name)
            heapq.heappush(self.heap,(r.task.schedule_time.timestamp(),next(self.n),r.task,0)); self.lock.notify()
        return r.task
    def _run(self):
        while True:
            with self.lock:
                now=time.time()
                if self.heap and self.heap[0][0]<=now:
                    _,_,task,tries=heapq.heappop(self.heap); self.running+=1
                else:
                    self.lock.wait(min(0.2, max(0.001,self.heap[0][0]-now)) if self.heap else 0.2); continue
            self.pool.submit(self._dispatch,task,tries)
    def _dispatch(self, task, tries):
        h=task.http_request; now=int(time.time()); status=0
        tok=self.u.identity.id_token({"aud":h.oidc_token.audience,"email":h.oidc_token.service_account_email,"sub":"1","azp":"1","iat":now,"exp":now+3600})
        url=h.url
        for a,b in self.targets.items(): url=url.replace(a,b)
        try:
            status=requests.post(url,data=h.body,headers={**dict(h.headers),"Authorization":f"Bearer {tok}","X-CloudTasks-TaskName":task.name.rpartition("/")[2],"X-CloudTasks-TaskRetryCount":str(tries)},timeout=600).status_code
        except requests.RequestException: pass
        with self.lock:
            self.running-=1
            if 200<=status<300: self.done+=1
            else:
                heapq.heappush(self.heap,(time.time()+min(0.5*2**tries,30),next(self.n),task,tries+1)); self.lock.notify()
    def as_json(self):
        with self.lock:
            soon=[x for x in self.heap if x[0]<time.time()+8]
            return {"done":self.done,"due_soon":len(soon)+self.running,"waiting":len(self.heap),"running":self.running}
