package kube

import (
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestPodReason_NamesTheContainerAndWhy(t *testing.T) {
	pod := func(status corev1.PodStatus) *corev1.Pod {
		return &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "p"}, Spec: corev1.PodSpec{NodeName: "n"}, Status: status}
	}
	waiting := func(reason, message string) corev1.ContainerState {
		return corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason, Message: message}}
	}
	for want, status := range map[string]corev1.PodStatus{
		"": {Phase: corev1.PodRunning, ContainerStatuses: []corev1.ContainerStatus{{Name: "c", Ready: true, State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}}}},
		"pod p on n: container c waits: ImagePullBackOff: no such host": {
			ContainerStatuses: []corev1.ContainerStatus{{Name: "c", State: waiting("ImagePullBackOff", "no such host")}},
		},
		"pod p on n: container c waits: CrashLoopBackOff (exit code 2) no such kernel": {
			ContainerStatuses: []corev1.ContainerStatus{{Name: "c", State: waiting("CrashLoopBackOff", ""), LastTerminationState: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: 2, Message: "no such kernel\n"}}}},
		},
		// The container that has not begun is not to blame, its init container is.
		"pod p on n: container i runs and is not ready": {
			InitContainerStatuses: []corev1.ContainerStatus{{Name: "i", State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}}},
			ContainerStatuses:     []corev1.ContainerStatus{{Name: "c", State: waiting("PodInitializing", "")}},
		},
		"pod p on n: 0/3 nodes are available": {
			Phase: corev1.PodPending, Conditions: []corev1.PodCondition{{Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Message: "0/3 nodes are available"}},
		},
		"pod p on n: pending, not yet seen by its kubelet": {Phase: corev1.PodPending},
	} {
		if got := podReason(pod(status)); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestWorkloads_ReadyOnlyWhenAllPodsAre(t *testing.T) {
	two := int32(2)
	deployment := &appsv1.Deployment{Spec: appsv1.DeploymentSpec{Replicas: &two}, Status: appsv1.DeploymentStatus{UpdatedReplicas: 2, ReadyReplicas: 1}}
	if got := deploymentReason(deployment); got != "1 of 2 pods ready" {
		t.Errorf("got %q", got)
	}
	deployment.Status.ReadyReplicas, deployment.Status.AvailableReplicas = 2, 2
	if got := deploymentReason(deployment); got != "" {
		t.Errorf("got %q", got)
	}
	daemons := &appsv1.DaemonSet{Status: appsv1.DaemonSetStatus{DesiredNumberScheduled: 3, UpdatedNumberScheduled: 3, NumberReady: 2}}
	if got := daemonSet(daemons); got != "2 of 3 pods ready" {
		t.Errorf("got %q", got)
	}
	nowhere := &appsv1.DaemonSet{ObjectMeta: metav1.ObjectMeta{Annotations: map[string]string{MayRunNowhere: "true"}}}
	if got := daemonSet(nowhere); got != "" {
		t.Errorf("one that may run nowhere: %q", got)
	}
	if got := daemonSet(&appsv1.DaemonSet{}); got != "no node for it yet" {
		t.Errorf("got %q", got)
	}
}

func TestNodeOf_TellsTheKubeletsReason(t *testing.T) {
	n := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "n", Labels: map[string]string{ControlPlaneLabel: ""}}}
	if got := nodeOf(n); got.Ready || got.Reason != "kubelet has not reported yet" || !got.ControlPlane {
		t.Errorf("got %+v", got)
	}
	n.Status.Conditions = []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionFalse, Reason: "KubeletNotReady", Message: "cni plugin not initialized"}}
	if got := nodeOf(n); got.Ready || got.Reason != "KubeletNotReady: cni plugin not initialized" {
		t.Errorf("got %+v", got)
	}
	n.Status.Conditions[0].Message = "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized"
	if got := nodeOf(n); got.Reason != "the pod network is not up on it yet" {
		t.Errorf("without a pod network: %+v", got)
	}
	n.Status.Conditions[0].Status = corev1.ConditionTrue
	if got := nodeOf(n); !got.Ready || got.Reason != "" {
		t.Errorf("got %+v", got)
	}
}
